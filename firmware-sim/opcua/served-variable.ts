/** One variable of a simulated server as the process behind it and a test see it. */
import type { Clock } from '../../gateway/host/clock.ts';
import type { UtcMs } from '../../gateway/model/units.ts';
import {
  type DataType,
  type StatusCode,
  StatusCodes,
  type UAVariable,
  VariantArrayType,
} from './stack.ts';

/** How values of a variable are encoded. */
export interface Encoding {
  readonly type: DataType;
  /** Lengths of the dimensions; none: a scalar. */
  readonly dimensions?: readonly number[] | undefined;
}

export interface Report {
  /** Good when left out. */
  readonly status?: StatusCode;
  /** Now when left out. */
  readonly sourceTime?: UtcMs;
}

/** How a node can be bad: unknown to reads, failing, or not in the address space at all. */
export type NodeTrouble = 'unknown' | 'device-failure' | 'gone';

export class ServedVariable {
  readonly name: string;
  readonly #make: () => UAVariable;
  readonly #encoding: Encoding;
  readonly #clock: Clock;
  #node: UAVariable;
  #value: unknown;
  #report: Report = {};
  #trouble: NodeTrouble | undefined;
  #isPlayed = false;

  /** `make` puts the node into the address space; it is called again when a node that was gone comes back. */
  constructor(name: string, make: () => UAVariable, encoding: Encoding, clock: Clock) {
    this.name = name;
    this.#make = make;
    this.#encoding = encoding;
    this.#clock = clock;
    this.#node = make();
  }

  get type(): DataType {
    return this.#encoding.type;
  }

  get node(): UAVariable {
    return this.#node;
  }

  /** What a client would read now, its own writes included. */
  get value(): unknown {
    return this.#trouble === undefined ? this.#node.readValue().value.value : this.#value;
  }

  /** A new value of the process; elements of an array stand flat, row by row. */
  set(value: unknown, report: Report = {}): void {
    if (!this.#isPlayed) this.#take(value, report);
  }

  /** A value from outside; from now on the process has no say. */
  play(value: unknown): void {
    this.#isPlayed = true;
    this.#take(value, {});
  }

  /** The node is bad whatever the process does; undefined: it is well again. */
  suffer(trouble: NodeTrouble | undefined): void {
    if (trouble === this.#trouble) return;
    if (this.#trouble === undefined) this.#value = this.value;
    if (this.#trouble === 'gone') this.#node = this.#make();
    this.#trouble = trouble;
    if (trouble === 'gone') this.#node.addressSpace.deleteNode(this.#node);
    else this.#show();
  }

  #take(value: unknown, report: Report): void {
    this.#value = value;
    this.#report = report;
    this.#show();
  }

  #show(): void {
    if (this.#trouble === 'gone') return;
    const { type: dataType, dimensions } = this.#encoding;
    const { status = StatusCodes.Good, sourceTime = this.#clock.utc() } = this.#report;
    this.#node.setValueFromSource(
      {
        dataType,
        arrayType: arrayTypeOf(dimensions),
        ...(dimensions && dimensions.length > 1 && { dimensions: [...dimensions] }),
        value: this.#value,
      },
      this.#trouble === undefined ? status : TROUBLE_STATUS[this.#trouble],
      new Date(sourceTime),
    );
  }
}

const TROUBLE_STATUS = {
  unknown: StatusCodes.BadNodeIdUnknown,
  'device-failure': StatusCodes.BadDeviceFailure,
} as const;

/** How the stack names scalar, array and matrix. */
export const arrayTypeOf = (dimensions: readonly number[] | undefined): VariantArrayType =>
  dimensions === undefined
    ? VariantArrayType.Scalar
    : dimensions.length > 1
      ? VariantArrayType.Matrix
      : VariantArrayType.Array;
