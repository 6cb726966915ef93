/** The datatypes of Sparkplug B 3.0 (§6), by number. */

export const DATATYPE = {
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  UInt8: 5,
  UInt16: 6,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
  Text: 14,
  UUID: 15,
  DataSet: 16,
  Bytes: 17,
  File: 18,
  Template: 19,
  PropertySet: 20,
  PropertySetList: 21,
  Int8Array: 22,
  Int16Array: 23,
  Int32Array: 24,
  Int64Array: 25,
  UInt8Array: 26,
  UInt16Array: 27,
  UInt32Array: 28,
  UInt64Array: 29,
  FloatArray: 30,
  DoubleArray: 31,
  BooleanArray: 32,
  StringArray: 33,
  DateTimeArray: 34,
} as const;

export type DatatypeName = keyof typeof DATATYPE;

const NAMES: ReadonlyMap<number, DatatypeName> = new Map(
  (Object.keys(DATATYPE) as DatatypeName[]).map((name) => [DATATYPE[name], name]),
);

/** Undefined: the specification has no such number. */
export const datatypeName = (datatype: number): DatatypeName | undefined => NAMES.get(datatype);

/** Integers that travel in 32 bits (§6): how many of them count, and whether the highest is a sign. */
export const SMALL_INTEGERS: ReadonlyMap<
  number,
  { readonly bits: number; readonly isSigned: boolean }
> = new Map([
  [DATATYPE.Int8, { bits: 8, isSigned: true }],
  [DATATYPE.Int16, { bits: 16, isSigned: true }],
  [DATATYPE.Int32, { bits: 32, isSigned: true }],
  [DATATYPE.UInt8, { bits: 8, isSigned: false }],
  [DATATYPE.UInt16, { bits: 16, isSigned: false }],
  [DATATYPE.UInt32, { bits: 32, isSigned: false }],
]);

/** Whether the values of this datatype are one number, text, flag or run of bytes. */
export const isScalar = (datatype: number): boolean =>
  (datatype >= DATATYPE.Int8 && datatype <= DATATYPE.UUID) ||
  datatype === DATATYPE.Bytes ||
  datatype === DATATYPE.File;
