/** A device on an OPC UA server and the addresses of its tags, as the rest of the driver sees them. */
import type { Millis } from '../../gateway/model/units.ts';

/** A part of a server's address space and how it is watched. */
export interface OpcuaDevice {
  /** Short names for namespace URIs, used in addresses and paths. */
  readonly namespaces: ReadonlyMap<string, string>;
  /** Where relative paths begin; undefined: the Objects folder. */
  readonly root: NodeRef | undefined;
  /** `auto`: subscribed, and read where the server has no subscriptions. */
  readonly mode: 'auto' | 'subscribe' | 'poll';
  /** Whose time a sample carries where the server sends it. */
  readonly timestamps: 'source' | 'server' | 'gateway';
  /** A time farther from the gateway's than this is not believed. */
  readonly clockTolerance: Millis;
  /** Alarms and conditions of the server as alarms of the gateway; undefined: none. */
  readonly alarms: AlarmOptions | undefined;
}

export interface AlarmOptions {
  /** 1 to 1000; what is less severe is not taken. */
  readonly minSeverity: number;
  /** The object whose events are watched; undefined: the Server object. */
  readonly source: NodeRef | undefined;
}

/**
 * A node by a name that outlives a restart of its server: the namespace by its URI, or by its index where nobody said
 * more (OPC 10000-3 §8.2, OPC 10000-6 §5.3.1.10).
 */
export type NodeRef =
  /** `ns=2;s=Axis1`, `nsu=http://vendor/;i=1001`, `robot:s=Axis1`; `id` is what stands behind the namespace. */
  | { readonly kind: 'id'; readonly namespace: NamespaceRef; readonly id: string }
  /** Browse names from the device's root, or from the server's Root folder where `absolute`: `/Objects/2:Line`. */
  | { readonly kind: 'path'; readonly absolute: boolean; readonly steps: readonly PathStep[] };

/** `prefix` is one of the device's `namespaces`; whoever looks a node up puts the URI in its place. */
export type NamespaceRef =
  | { readonly uri: string }
  | { readonly index: number }
  | { readonly prefix: string };

/** `namespace` undefined: whatever namespace the server has the name in. */
export interface PathStep {
  readonly namespace: NamespaceRef | undefined;
  readonly name: string;
}

export interface OpcuaAddress {
  readonly node: NodeRef;
  /** For a method, which `node` then is: the object it is called on. Such a tag is only written. */
  readonly object: NodeRef | undefined;
  /** An element of an array, one index per dimension. */
  readonly index: readonly number[] | undefined;
  /** A field inside a structure; numbers are indexes. */
  readonly field: readonly (string | number)[];
  /** An enumeration as its name, or as its number. */
  readonly enumeration: 'name' | 'number';
  /** How often the server looks; undefined: the tag's scan. */
  readonly sampling: Millis | undefined;
  /** Values the server keeps between two publishings; undefined: chosen from scan and sampling. */
  readonly queue: number | undefined;
  readonly discard: 'oldest' | 'newest';
  /** The server keeps to itself changes of this much or less: of the value, or in percent of its range. */
  readonly deadband: { readonly kind: 'absolute' | 'percent'; readonly value: number } | undefined;
}
