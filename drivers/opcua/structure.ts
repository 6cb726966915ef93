/**
 * Structures that the stack leaves as bytes, because only their server knows them: finds a field in the encoded body by
 * the server's own definition of the type (OPC 10000-6 §5.2.6 to §5.2.8; OPC 10000-3 §8.48). Pure.
 */
import { DataType } from './stack.ts';

/** What is known of a data type. */
export interface DataTypeInfo {
  /** What it travels as; undefined: anything, within a Variant. */
  readonly builtIn: DataType | undefined;
  /** Names of an enumeration by number. */
  readonly names: ReadonlyMap<number, string> | undefined;
  /** Of a structure whose definition the server gave. */
  readonly structure: Structure | undefined;
}

export interface Structure {
  /** `subtypes`: fields marked as optional may hold a subtype of theirs, and travel with its name. */
  readonly kind: 'plain' | 'optional' | 'union' | 'subtypes' | 'union-subtypes';
  readonly fields: readonly Field[];
}

export interface Field {
  readonly name: string;
  /** The key of its data type. */
  readonly type: string;
  /** -1 a scalar, else the dimensions of an array. */
  readonly rank: number;
  readonly isOptional: boolean;
}

/** The types of one server. */
export interface TypeBook {
  typeOf(key: string): DataTypeInfo | undefined;
  /** By the id that stands in front of an encoded structure. */
  byEncoding(key: string): DataTypeInfo | undefined;
}

/** Where a field lies in a body, and what it is. */
export interface Located {
  readonly builtIn: DataType;
  readonly start: number;
  readonly end: number;
}

/** A field that is not in this body: left out by the device; or beyond an array's end, or no scalar of this type. */
export type Missing = 'absent' | 'misfit';

/** A step into a structure or array. */
export type FieldPath = readonly (string | number)[];

/** Finds the scalar at `path`. Throws a RangeError for a body that ends too soon or nests too deep. */
export function locate(
  body: Buffer,
  structure: Structure,
  path: FieldPath,
  book: TypeBook,
): Located | Missing {
  return new Walk(body, book).structure(structure, path);
}

/** What stands at the end of a path, as far as the definitions say it. */
export function fieldInfo(
  structure: Structure,
  path: FieldPath,
  book: TypeBook,
): DataTypeInfo | undefined {
  const [name, ...rest] = path;
  const field = structure.fields.find((one) => one.name === name);
  const info = field && book.typeOf(field.type);
  const below = rest.slice(rest.findIndex((part) => typeof part === 'string'));
  const isLeaf = rest.every((part) => typeof part === 'number');
  if (info === undefined || isLeaf) return info;
  return info.structure && fieldInfo(info.structure, below, book);
}

/** The standard asks for 100 levels; real structures have a handful (OPC 10000-6 §5.1.8). */
const DEEPEST = 32;
const ARRAY = 0x80;
const MATRIX = 0x40;
const TYPE_MASK = 0x3f;

const FIXED: Readonly<Partial<Record<DataType, number>>> = {
  [DataType.Boolean]: 1,
  [DataType.SByte]: 1,
  [DataType.Byte]: 1,
  [DataType.Int16]: 2,
  [DataType.UInt16]: 2,
  [DataType.Int32]: 4,
  [DataType.UInt32]: 4,
  [DataType.Float]: 4,
  [DataType.StatusCode]: 4,
  [DataType.Int64]: 8,
  [DataType.UInt64]: 8,
  [DataType.Double]: 8,
  [DataType.DateTime]: 8,
  [DataType.Guid]: 16,
};

/** Goes through a body from its beginning; `#at` is the place of the next byte. */
class Walk {
  readonly #body: Buffer;
  readonly #book: TypeBook;
  #at = 0;
  #depth = 0;

  constructor(body: Buffer, book: TypeBook) {
    this.#body = body;
    this.#book = book;
  }

  structure({ kind, fields }: Structure, path: FieldPath): Located | Missing {
    this.#deeper();
    const hasSubtypes = kind === 'subtypes' || kind === 'union-subtypes';
    for (const field of this.#present(kind, fields)) {
      const isWrapped = hasSubtypes && field.isOptional;
      if (field.name === path[0]) return this.#field(field, isWrapped, path.slice(1));
      this.#skipField(field, isWrapped);
    }
    this.#depth--;
    return fields.some(({ name }) => name === path[0]) ? 'absent' : 'misfit';
  }

  #present(kind: Structure['kind'], fields: readonly Field[]): readonly Field[] {
    if (kind === 'union' || kind === 'union-subtypes') {
      const chosen = this.#uint32();
      return chosen === 0 ? [] : [this.#known(fields[chosen - 1])];
    }
    if (kind !== 'optional') return fields;
    const mask = this.#uint32();
    let bit = 0;
    return fields.filter(({ isOptional }) => !isOptional || ((mask >>> bit++) & 1) === 1);
  }

  #field({ type, rank }: Field, isWrapped: boolean, path: FieldPath): Located | Missing {
    const info = this.#known(this.#book.typeOf(type));
    if (rank < 1) return this.#scalar(info, isWrapped, path);
    const dimensions = this.#dimensions(rank);
    const indexes = path.slice(0, dimensions.length);
    let place = 0;
    for (const [i, size] of dimensions.entries()) {
      const index = indexes[i];
      if (typeof index !== 'number') return 'misfit';
      if (index >= size) return 'misfit';
      place = place * size + index;
    }
    for (let i = 0; i < place; i++) this.#skipScalar(info, isWrapped);
    return this.#scalar(info, isWrapped, path.slice(dimensions.length));
  }

  #scalar(info: DataTypeInfo, isWrapped: boolean, path: FieldPath): Located | Missing {
    const { builtIn, structure } = info;
    if (structure && !isWrapped)
      return path.length === 0 ? 'misfit' : this.structure(structure, path);
    if (builtIn === undefined || (isWrapped && !structure)) return this.#variant(path);
    if (builtIn === DataType.ExtensionObject) return this.#extension(path);
    if (path.length > 0) return 'misfit';
    const start = this.#at;
    this.#skip(builtIn);
    return { builtIn, start, end: this.#at };
  }

  #variant(path: FieldPath): Located | Missing {
    const encoding = this.#byte();
    const builtIn = encoding & TYPE_MASK;
    if ((encoding & ARRAY) !== 0) return 'misfit';
    if (builtIn === DataType.Null) return 'absent';
    return this.#scalar({ builtIn, names: undefined, structure: undefined }, false, path);
  }

  #extension(path: FieldPath): Located | Missing {
    const key = this.#nodeIdKey();
    if (this.#byte() !== 1) return 'absent';
    this.#move(4);
    const structure = this.#book.byEncoding(key)?.structure;
    return structure && path.length > 0 ? this.structure(structure, path) : 'misfit';
  }

  #skipField({ type, rank }: Field, isWrapped: boolean): void {
    const info = this.#known(this.#book.typeOf(type));
    const count = rank < 1 ? 1 : this.#dimensions(rank).reduce((all, size) => all * size, 1);
    if (count > this.#body.length) throw new RangeError('more elements than bytes');
    for (let i = 0; i < count; i++) this.#skipScalar(info, isWrapped);
  }

  #skipScalar({ builtIn, structure }: DataTypeInfo, isWrapped: boolean): void {
    if (structure && !isWrapped) this.structure(structure, []);
    else if (structure) this.#skip(DataType.ExtensionObject);
    else this.#skip(isWrapped || builtIn === undefined ? DataType.Variant : builtIn);
  }

  /** One dimension travels as its length alone, more as an array of lengths. */
  #dimensions(rank: number): readonly number[] {
    if (rank === 1) return [this.#length()];
    return Array.from({ length: this.#length() }, () => this.#length());
  }

  #skip(type: DataType): void {
    const fixed = FIXED[type];
    if (fixed !== undefined) this.#move(fixed);
    else this.#skipLong(type);
  }

  #skipLong(type: DataType): void {
    switch (type) {
      case DataType.String:
      case DataType.XmlElement:
      case DataType.ByteString:
        this.#move(this.#length());
        break;
      case DataType.NodeId:
      case DataType.ExpandedNodeId:
        this.#nodeIdKey();
        break;
      case DataType.QualifiedName:
        this.#move(2);
        this.#skip(DataType.String);
        break;
      case DataType.LocalizedText:
        this.#skipMasked([DataType.String, DataType.String]);
        break;
      case DataType.ExtensionObject:
        this.#nodeIdKey();
        if (this.#byte() !== 0) this.#move(this.#length());
        break;
      case DataType.DataValue:
        this.#skipDataValue();
        break;
      case DataType.Variant:
        this.#skipVariant();
        break;
      default:
        throw new RangeError(`no way past a ${DataType[type]}`);
    }
  }

  #skipMasked(parts: readonly DataType[]): void {
    const mask = this.#byte();
    for (const [bit, part] of parts.entries()) if (((mask >>> bit) & 1) === 1) this.#skip(part);
  }

  /** OPC 10000-6 §5.2.2.17: the times' fractions stand behind each of them. */
  #skipDataValue(): void {
    const mask = this.#byte();
    if (mask & 0x01) this.#skipVariant();
    if (mask & 0x02) this.#move(4);
    if (mask & 0x04) this.#move(8);
    if (mask & 0x10) this.#move(2);
    if (mask & 0x08) this.#move(8);
    if (mask & 0x20) this.#move(2);
  }

  #skipVariant(): void {
    this.#deeper();
    const encoding = this.#byte();
    const type = encoding & TYPE_MASK;
    const count = (encoding & ARRAY) === 0 ? 1 : this.#length();
    if (type !== DataType.Null) for (let i = 0; i < count; i++) this.#skip(type);
    if ((encoding & MATRIX) !== 0) this.#move(4 * this.#length());
    this.#depth--;
  }

  /** Passes a NodeId or ExpandedNodeId, and gives its text form (OPC 10000-6 §5.2.2.9, §5.2.2.10). */
  #nodeIdKey(): string {
    const encoding = this.#byte();
    const key = this.#plainNodeIdKey(encoding & TYPE_MASK);
    if ((encoding & 0x80) !== 0) this.#skip(DataType.String);
    if ((encoding & 0x40) !== 0) this.#move(4);
    return key;
  }

  #plainNodeIdKey(form: number): string {
    const at = this.#at;
    if (form === 0) {
      this.#move(1);
      return `ns=0;i=${this.#body.readUInt8(at)}`;
    }
    if (form === 1) {
      this.#move(3);
      return `ns=${this.#body.readUInt8(at)};i=${this.#body.readUInt16LE(at + 1)}`;
    }
    this.#move(2);
    const namespace = this.#body.readUInt16LE(at);
    if (form === 2) return `ns=${namespace};i=${this.#uint32()}`;
    const start = form === 4 ? this.#at : this.#at + 4;
    this.#skip(form === 4 ? DataType.Guid : DataType.String);
    const id = this.#body.subarray(start, this.#at);
    return form === 3 ? `ns=${namespace};s=${id}` : `ns=${namespace};${form}=${id.toString('hex')}`;
  }

  #known<T>(value: T | undefined): T {
    if (value === undefined) throw new RangeError('a type that the server did not tell');
    return value;
  }

  #deeper(): void {
    if (++this.#depth > DEEPEST) throw new RangeError('nested too deep');
  }

  #byte(): number {
    const at = this.#at;
    this.#move(1);
    return this.#body.readUInt8(at);
  }

  #uint32(): number {
    const at = this.#at;
    this.#move(4);
    return this.#body.readUInt32LE(at);
  }

  /** Of a string or an array; -1 stands for none. */
  #length(): number {
    const at = this.#at;
    this.#move(4);
    return Math.max(0, this.#body.readInt32LE(at));
  }

  #move(by: number): void {
    this.#at += by;
    if (this.#at > this.#body.length) throw new RangeError('the body ends too soon');
  }
}
