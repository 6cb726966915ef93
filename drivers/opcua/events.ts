/**
 * Events of conditions: what is asked of the server, and what one notification says. Pure. OPC 10000-9 throughout,
 * filters by OPC 10000-4 §7.22.3.
 */
import type { AlarmReport } from '../../gateway/model/alarm.ts';
import type { TimeBasis } from '../../gateway/model/sample.ts';
import { type Millis, type UtcMs, utcMs } from '../../gateway/model/units.ts';
import { nodeText } from './node-ref.ts';
import { nodeRefOf } from './resolve.ts';
import {
  AttributeIds,
  coerceNodeId,
  DataType,
  ElementOperand,
  EventFilter,
  FilterOperator,
  LiteralOperand,
  NodeId,
  SimpleAttributeOperand,
  type Variant,
} from './stack.ts';

/** The fields of a notification, in the order in which they are asked for. */
const FIELDS = [
  'EventId',
  'EventType',
  'SourceName',
  'Time',
  'Message',
  'Severity',
  'ConditionName',
  'BranchId',
  'Retain',
  'EnabledState/Id',
  'ActiveState/Id',
  'AckedState/Id',
  'SuppressedOrShelved',
  'Comment',
] as const;
type Field = (typeof FIELDS)[number];

/** Node ids of OPC UA itself (OPC 10000-6 Annex A). */
const BASE_EVENT_TYPE = 'ns=0;i=2041';
const SYSTEM_EVENT_TYPE = 'ns=0;i=2130';
const CONDITION_TYPE = 'ns=0;i=2782';
const REFRESH_START = 'ns=0;i=2787';
const REFRESH_END = 'ns=0;i=2788';
const REFRESH_REQUIRED = 'ns=0;i=2789';

/** A device's texts are cut here: they go into every list, message and block. */
const LONGEST_NAME = 200;
const LONGEST_MESSAGE = 500;

/**
 * All conditions, and the events around a refresh. Severity is not asked for: a server that lowers it when an alarm
 * goes would never tell that it went. `isNarrowed` false: for a server that knows no such clause, every event.
 */
export function conditionFilter(isNarrowed: boolean): EventFilter {
  const fields = FIELDS.map(
    (field) =>
      new SimpleAttributeOperand({
        typeDefinitionId: BASE_EVENT_TYPE,
        browsePath: field.split('/').map((name) => ({ namespaceIndex: 0, name })),
        attributeId: AttributeIds.Value,
      }),
  );
  // The condition itself has no name to ask for, only its id (§5.5.2.13).
  const condition = new SimpleAttributeOperand({
    typeDefinitionId: CONDITION_TYPE,
    browsePath: [],
    attributeId: AttributeIds.NodeId,
  });
  const selectClauses = [...fields, condition];
  return new EventFilter(
    isNarrowed ? { selectClauses, whereClause: OF_INTEREST } : { selectClauses },
  );
}

const ofType = (type: string) => ({
  filterOperator: FilterOperator.OfType,
  filterOperands: [
    new LiteralOperand({ value: { dataType: DataType.NodeId, value: coerceNodeId(type) } }),
  ],
});

const OF_INTEREST = {
  elements: [
    {
      filterOperator: FilterOperator.Or,
      filterOperands: [new ElementOperand({ index: 1 }), new ElementOperand({ index: 2 })],
    },
    ofType(CONDITION_TYPE),
    ofType(SYSTEM_EVENT_TYPE),
  ],
};

/** What one notification tells. `refresh-required`: the server may have lost events and wants to be asked. */
export type ConditionEvent =
  | { readonly kind: 'refresh-start' | 'refresh-end' | 'refresh-required' }
  | {
      readonly kind: 'alarm';
      readonly report: AlarmReport;
      /** What an acknowledgement has to name. */
      readonly condition: NodeId;
      readonly eventId: Buffer;
    };

/** What an event's time and names are judged by. */
export interface EventContext {
  /** The server's namespace table. */
  readonly namespaces: readonly string[];
  readonly now: UtcMs;
  /** Of the gateway's own clock. */
  readonly timeBasis: TimeBasis;
  /** An event from farther in the future than this is given the gateway's time. */
  readonly tolerance: Millis;
}

/** Undefined for what is no condition. */
export function conditionEvent(
  fields: readonly Variant[],
  context: EventContext,
): ConditionEvent | undefined {
  const value = (field: Field): unknown => plainOf(fields[FIELDS.indexOf(field)]);
  const type = value('EventType');
  const special = type instanceof NodeId ? REFRESHES.get(type.toString()) : undefined;
  if (special) return { kind: special };
  const condition = plainOf(fields[FIELDS.length]);
  const eventId = value('EventId');
  if (!(condition instanceof NodeId) || condition.isEmpty()) return undefined;
  const branch = value('BranchId');
  const isBranch = branch instanceof NodeId && !branch.isEmpty();
  const { namespaces } = context;
  const conditionText = stableText(condition, namespaces);
  const isEnabled = value('EnabledState/Id') !== false;
  // A condition that is no alarm is of interest, or it is not; one that nobody can acknowledge needs nobody.
  const isActive = isEnabled && (value('ActiveState/Id') ?? value('Retain')) === true;
  const isAcknowledged = !isEnabled || value('AckedState/Id') !== false;
  const comment = textOf(value('Comment'), LONGEST_MESSAGE);
  return {
    kind: 'alarm',
    report: {
      id: isBranch ? `${conditionText}#${stableText(branch, namespaces)}` : conditionText,
      about: textOf(value('SourceName'), LONGEST_NAME),
      condition: textOf(value('ConditionName'), LONGEST_NAME),
      severity: severityOf(value('Severity')),
      message: textOf(value('Message'), LONGEST_MESSAGE),
      isActive,
      isAcknowledged,
      ...(value('SuppressedOrShelved') === true && { isShelved: true }),
      ...timeOf(value('Time'), context),
      ...(comment !== '' && { comment }),
    },
    condition,
    eventId: Buffer.isBuffer(eventId) ? eventId : Buffer.alloc(0),
  };
}

const REFRESHES: ReadonlyMap<string, 'refresh-start' | 'refresh-end' | 'refresh-required'> =
  new Map([
    [REFRESH_START, 'refresh-start'],
    [REFRESH_END, 'refresh-end'],
    [REFRESH_REQUIRED, 'refresh-required'],
  ]);

/** A field that the event has not comes as nothing, or as the status that says so. */
const plainOf = (field: Variant | undefined): unknown =>
  field === undefined || field.dataType === DataType.StatusCode
    ? undefined
    : (field.value ?? undefined);

/** Of a text in any of its forms. */
function textOf(value: unknown, longest: number): string {
  const text = typeof value === 'object' && value !== null ? Reflect.get(value, 'text') : value;
  return typeof text === 'string' ? text.slice(0, longest) : '';
}

const LEAST_SEVERE = 1;
const MOST_SEVERE = 1000;
const severityOf = (value: unknown): number =>
  Math.min(Math.max(Number(value) || LEAST_SEVERE, LEAST_SEVERE), MOST_SEVERE);

/** No server was built before this: an earlier time is one that nobody set. */
const EARLIEST = utcMs(Date.UTC(2000, 0, 1));

/** An alarm may stand for years, so only the future is beyond belief. */
function timeOf(
  value: unknown,
  { now, timeBasis, tolerance }: EventContext,
): Pick<AlarmReport, 'time' | 'timeBasis'> {
  const time = value instanceof Date ? value.getTime() : Number.NaN;
  return time >= EARLIEST && time <= now + tolerance
    ? { time: utcMs(time), timeBasis: 'source' }
    : { time: now, timeBasis };
}

/** The node by its namespace's URI: its index may be another one after a restart of the server. */
const stableText = (node: NodeId, namespaces: readonly string[]): string =>
  nodeText(nodeRefOf(node, namespaces));
