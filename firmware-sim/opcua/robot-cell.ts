/**
 * A robot cell on a simulated server, as two makers would show it: the robot and the machine by the names of their
 * companion specifications, the PLC by tags of its own. It works by itself; its alarms can also be raised by a test.
 */
import { millis } from '../../gateway/model/units.ts';
import { branchOf, browseNameOf, placeUnder, type Step } from './branch.ts';
import { CELL_NAMESPACE, CELL_PREFIXES } from './cell-namespaces.ts';
import { CELL_TYPES, CELL_VARIABLES, type CellVariable, PLC_FOLDER } from './cell-nodes.ts';
import { CellProcess, type CellState, VACUUM_LOST } from './cell-process.ts';
import { SimulatedCondition, SUBSCRIBE_TO_EVENTS } from './condition.ts';
import type { ContentPlace, ServerContent } from './content.ts';
import { ServedVariable } from './served-variable.ts';
import { type BaseNode, DataType, standardUnits, type UAVariable } from './stack.ts';

export type CellAlarm = 'Axis3Overheated' | 'VacuumLost';

export interface RobotCell {
  readonly content: ServerContent;
  alarm(name: CellAlarm): SimulatedCondition;
}

/** How often the controller shows what it knows. */
const LOOK = millis(200);

/**
 * Machine, robot and PLC stand under /Objects/Machines/Cell, /Objects/DeviceSet/RobotSystem and /Objects/PLC. A variable is
 * served by its browse names below that, without namespaces (`RobotSystem/MotionDevices/Robot1/ParameterSet/OnPath`,
 * `cycle_count`), which behind `s=` in `CELL_NAMESPACE` is its NodeId too.
 */
export function robotCell(): RobotCell {
  const alarms = {
    Axis3Overheated: new SimulatedCondition({
      name: 'Axis3Overheated',
      severity: 600,
      message: 'motor of axis 3 too hot',
    }),
    VacuumLost: new SimulatedCondition({
      name: 'VacuumLost',
      severity: 800,
      message: 'gripper lost its vacuum',
    }),
  };
  let process: CellProcess | undefined;
  const content: ServerContent = {
    namespaces: [CELL_NAMESPACE],
    nodesets: ['di', 'ia', 'machinery', 'robotics'],
    build(place) {
      // A restart of the server is none of the cell.
      process ??= new CellProcess(place.seed);
      const cell = process;
      buildAlarms(place, Object.values(alarms));
      const shows = CELL_VARIABLES.map((variable) => serveVariable(variable, place));
      const show = () => {
        const state = cell.at(place.moment().elapsed);
        for (const one of shows) one(state);
        alarms.Axis3Overheated.follow(state.isAxis3Hot);
        alarms.VacuumLost.follow(state.fault === VACUUM_LOST);
      };
      show();
      place.every(LOOK, show);
    },
  };
  return { content, alarm: (name) => alarms[name] };
}

/** The PLC is what has the alarms. */
function buildAlarms(place: ContentPlace, alarms: readonly SimulatedCondition[]): void {
  const { space } = place;
  space.installAlarmsAndConditionsService();
  const { objects } = space.rootFolder;
  const own = place.namespace(CELL_NAMESPACE);
  const plc = own.addObject({
    browseName: PLC_FOLDER,
    nodeId: `s=${PLC_FOLDER}`,
    organizedBy: objects,
    eventSourceOf: objects.server,
    eventNotifier: SUBSCRIBE_TO_EVENTS,
  });
  for (const alarm of alarms) alarm.build(own, plc);
}

/** The returned function shows a state of the cell; what has not changed keeps its time. */
function serveVariable(variable: CellVariable, place: ContentPlace): (state: CellState) => void {
  const steps = stepsOf(variable.path);
  const parent = parentOf(place, steps);
  const served = new ServedVariable(
    idOf(steps),
    () => addVariable(variable, place, parent, steps),
    { type: DataType[variable.type] },
    place.clock,
  );
  place.serve(served);
  let shown: string | undefined;
  return (state) => {
    const value = variable.value(state);
    if (String(value) === shown) return;
    shown = String(value);
    served.set(value);
  };
}

/** The object above a variable, made where it is not there yet. */
function parentOf(place: ContentPlace, steps: readonly Step[]): BaseNode {
  let parent: BaseNode = place.space.rootFolder.objects;
  for (const [n, step] of steps.slice(0, -1).entries()) {
    const path = steps.slice(0, n + 1);
    const type = typeAt(path);
    parent = branchOf(place, parent, step, CELL_NAMESPACE, {
      id: idOf(path),
      ...(type && { type }),
    });
  }
  return parent;
}

/** Without the folder of the server that the cell hangs in. */
const idOf = (steps: readonly Step[]): string =>
  steps
    .slice(1)
    .map(({ name }) => name)
    .join('/');

const stepsOf = (path: string): readonly Step[] =>
  path.split('/').map((part) => {
    const [name = '', prefix] = part.split(':').toReversed();
    return { uri: prefix === undefined ? CELL_NAMESPACE : PREFIXES.get(prefix), name };
  });

const PREFIXES: ReadonlyMap<string, string> = new Map(Object.entries(CELL_PREFIXES));

function typeAt(steps: readonly Step[]) {
  const found = CELL_TYPES.find(({ path }) => {
    const wanted = stepsOf(path);
    return (
      wanted.length === steps.length &&
      wanted.every(({ name, uri }, n) => {
        const step = steps[n];
        return uri === step?.uri && (name === '*' || name === step?.name);
      })
    );
  });
  return found && { uri: CELL_PREFIXES[found.prefix], name: found.type };
}

function addVariable(
  { type, enumeration, unit }: CellVariable,
  place: ContentPlace,
  parent: BaseNode,
  steps: readonly Step[],
): UAVariable {
  const own = place.namespace(CELL_NAMESPACE);
  const variable = own.addVariable({
    browseName: browseNameOf(place, steps, CELL_NAMESPACE),
    ...placeUnder(place, parent),
    nodeId: `s=${idOf(steps)}`,
    dataType: enumeration === undefined ? type : enumerationOf(place, enumeration),
    minimumSamplingInterval: 0,
    ...(unit && { typeDefinition: 'AnalogUnitType' }),
  });
  if (unit)
    own.addVariable({
      browseName: { name: 'EngineeringUnits', namespaceIndex: 0 },
      propertyOf: variable,
      dataType: 'EUInformation',
      value: { dataType: DataType.ExtensionObject, value: standardUnits[unit] },
    });
  return variable;
}

function enumerationOf({ space }: ContentPlace, name: string) {
  const type = space.findDataType(name, space.getNamespaceIndex(CELL_PREFIXES.robotics));
  if (!type) throw new Error(`the simulated server has no enumeration ${name}`);
  return type.nodeId;
}
