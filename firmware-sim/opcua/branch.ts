/** Objects along a browse path of a simulated server: found where they are, made where they are not. */
import type { ContentPlace } from './content.ts';
import type { BaseNode, UAObject } from './stack.ts';

/** One name of a browse path. `uri` undefined: found in any namespace, made in the content's own. */
export interface Step {
  readonly uri: string | undefined;
  readonly name: string;
}

/** A new object: the namespace it is in and its type there; BaseObjectType when left out. */
export interface ObjectType {
  readonly uri: string;
  readonly name: string;
}

/** Throws when the server has no such namespace. */
export function namespaceIndexOf({ space }: ContentPlace, uri: string): number {
  const index = space.getNamespaceIndex(uri);
  if (index < 0) throw new Error(`the simulated server has no namespace ${uri}`);
  return index;
}

/** What a hierarchical reference leads to by this name; undefined: nothing. */
export function childOf(place: ContentPlace, parent: BaseNode, step: Step): BaseNode | undefined {
  const index = step.uri === undefined ? undefined : namespaceIndexOf(place, step.uri);
  return parent
    .findReferencesExAsObject('HierarchicalReferences')
    .find(
      ({ browseName }) =>
        browseName.name === step.name &&
        (index === undefined || browseName.namespaceIndex === index),
    );
}

/** The child of that name, made in the namespace `own` when there is none; `id` is what its NodeId then is. */
export function branchOf(
  place: ContentPlace,
  parent: BaseNode,
  step: Step,
  own: string,
  options: { readonly id?: string; readonly type?: ObjectType } = {},
): BaseNode {
  const found = childOf(place, parent, step);
  if (found) return found;
  const { id = idUnder(parent, step), type } = options;
  const made: UAObject = place.namespace(own).addObject({
    browseName: browseNameOf(place, [step], own),
    ...placeUnder(place, parent),
    nodeId: `s=${id}`,
    ...(type && { typeDefinition: typeOf(place, type) }),
  });
  return made;
}

/** A NodeId like the path, because the stack's own choice fails below nodes of another namespace. */
export const idUnder = ({ nodeId }: BaseNode, { uri = '', name }: Step): string =>
  `${nodeId.namespace}.${nodeId.value}/${uri}.${name}`.replaceAll(';', ',');

/** The last name of a path as the stack wants it. */
export function browseNameOf(place: ContentPlace, path: readonly Step[], own: string) {
  const { uri = own, name = '' } = path.at(-1) ?? {};
  return { name, namespaceIndex: namespaceIndexOf(place, uri) };
}

/** Folders of the server itself organize what lies in them, anything else has it as components. */
export const placeUnder = ({ space }: ContentPlace, parent: BaseNode) =>
  parent === space.rootFolder || parent === space.rootFolder.objects
    ? { organizedBy: parent }
    : { componentOf: parent };

function typeOf(place: ContentPlace, { uri, name }: ObjectType) {
  const type = place.space.findObjectType(name, namespaceIndexOf(place, uri));
  if (!type) throw new Error(`the simulated server has no type ${name}`);
  return type;
}
