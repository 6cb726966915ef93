/** What a message of Sparkplug B holds (§6), in our words: no field of the wire. */

/** A value of a scalar datatype. */
export type Scalar = number | bigint | boolean | string | Uint8Array;

/** What is written as a metric. Times are milliseconds since 1970, UTC. */
export interface Metric {
  /** Left out where the alias stands for it. */
  readonly name?: string;
  readonly alias?: number;
  readonly time: number;
  /** The form of the value; told to the reader where `isTold`. */
  readonly datatype: number;
  readonly isTold: boolean;
  readonly isHistorical?: boolean;
  /** Null: there is none. */
  readonly value: Scalar | null;
  readonly properties?: readonly Property[];
}

export interface Property {
  readonly key: string;
  /** Of a number, text or flag. */
  readonly datatype: number;
  readonly value: Exclude<Scalar, Uint8Array>;
}

export interface Payload {
  readonly time: number;
  /** Left out of an NDEATH. */
  readonly seq?: number;
  readonly metrics: readonly Metric[];
}

/** What was read as a metric. Whoever sent it may have left out anything. */
export interface ReadMetric {
  readonly name: string | undefined;
  readonly alias: bigint | undefined;
  readonly time: bigint | undefined;
  readonly datatype: number | undefined;
  readonly isHistorical: boolean;
  readonly isTransient: boolean;
  readonly isNull: boolean;
  readonly value: ReadValue | undefined;
  readonly properties: readonly ReadProperty[];
}

/** A value by the field that it came in; what is not one value is told by its name. */
export type ReadValue =
  | { readonly field: 'int'; readonly value: number }
  | { readonly field: 'long'; readonly value: bigint }
  | { readonly field: 'float' | 'double'; readonly value: number }
  | { readonly field: 'boolean'; readonly value: boolean }
  | { readonly field: 'string'; readonly value: string }
  | { readonly field: 'bytes'; readonly value: Uint8Array }
  | { readonly field: 'unsupported'; readonly name: 'DataSet' | 'Template' | 'extension' };

export interface ReadProperty {
  readonly key: string;
  readonly type: number | undefined;
  readonly isNull: boolean;
  /** Undefined: null, or a set of properties inside, which is not read. */
  readonly value: Exclude<Scalar, Uint8Array> | undefined;
}

export interface ReadPayload {
  readonly time: bigint | undefined;
  readonly seq: bigint | undefined;
  readonly uuid: string | undefined;
  /** Bytes of a body beside the metrics; nothing here has a use for it. */
  readonly bodyLength: number;
  readonly metrics: readonly ReadMetric[];
}
