/**
 * The alarms of one server, or of one object of it: watched through an event item of a subscription, asked for as a
 * whole after each connection, acknowledged through the method of the condition (OPC 10000-9).
 */
import type { Clock } from '../../gateway/host/clock.ts';
import type { Log } from '../../gateway/host/log.ts';
import { timeBasisOf } from '../../gateway/host/stamp.ts';
import { type AlarmReport, isStanding } from '../../gateway/model/alarm.ts';
import { type ErrorDetails, GatewayError, reasonOf } from '../../gateway/model/errors.ts';
import { later, type Millis, seconds } from '../../gateway/model/units.ts';
import type { Watcher, Written } from '../driver.ts';
import type { AlarmOptions } from './device.ts';
import { type ConditionEvent, conditionEvent, conditionFilter } from './events.ts';
import { type OpcuaLink, ServiceFault, type ServiceRequest } from './link.ts';
import {
  AttributeIds,
  CallRequest,
  CreateMonitoredItemsRequest,
  DataType,
  type EventFilter,
  LocalizedText,
  MonitoringMode,
  type NodeId,
  type StatusCode,
  StatusCodes,
  TimestampsToReturn,
  type Variant,
  type VariantOptions,
} from './stack.ts';

export interface AlarmWatchParts {
  readonly link: OpcuaLink;
  readonly options: AlarmOptions;
  /** An event from farther in the future than this is given the gateway's time. */
  readonly tolerance: Millis;
  readonly watcher: Pick<Watcher, 'alarm' | 'standing'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Conditions kept at once. */
  readonly limit?: number;
}

/** Conditions that stand at once; what comes on top of them is counted and not taken. */
const MOST_CONDITIONS = 1_000;
/** Events the server keeps between two publishings: a refresh brings all conditions at once. */
const QUEUE = 2 * MOST_CONDITIONS;
/** Between two refreshes, whatever the server asks for. */
const REFRESH_GAP = seconds(1);
const LONGEST_COMMENT = 500;

/** Methods of types (OPC 10000-6 Annex A); servers have to take them with the id of any condition (§5.5.4, §5.7.3). */
const CONDITION_TYPE = 'ns=0;i=2782';
const CONDITION_REFRESH = 'ns=0;i=3875';
const ACKNOWLEDGE = 'ns=0;i=9111';

interface Condition {
  readonly node: NodeId;
  readonly eventId: Buffer;
}

interface EventItem {
  readonly subscriptionId: number;
  readonly clientHandle: number;
  readonly source: NodeId;
}

export class AlarmWatch {
  readonly #parts: AlarmWatchParts;
  readonly #limit: number;
  /** Those that stand, by the alarm's id. */
  readonly #conditions = new Map<string, Condition>();
  /** Told to stand since the refresh began. */
  readonly #told = new Set<string>();
  /** Where the last refresh was asked for, and for how long. */
  #place: { readonly subscriptionId: number; readonly signal: AbortSignal } | undefined;
  #isRefreshWanted = false;
  #dropped = 0;
  #droppedOfRefresh = 0;

  constructor(parts: AlarmWatchParts) {
    this.#parts = parts;
    this.#limit = parts.limit ?? MOST_CONDITIONS;
  }

  /**
   * Watches in a subscription of the present session, and asks for everything that stands. Resolves with the status of
   * the item: a server without alarms refuses it. Rejects when the link is lost.
   */
  async start(
    subscriptionId: number,
    clientHandle: number,
    source: NodeId,
    signal: AbortSignal,
  ): Promise<StatusCode> {
    this.#conditions.clear();
    this.#told.clear();
    const status = await this.#createItem({ subscriptionId, clientHandle, source }, signal);
    if (isGood(status)) await this.refresh(subscriptionId, signal);
    return status;
  }

  /** Asks for everything that stands; it comes as notifications. Rejects when the link is lost. */
  async refresh(subscriptionId: number, signal: AbortSignal): Promise<void> {
    this.#place = { subscriptionId, signal };
    this.#isRefreshWanted = false;
    const input = { dataType: DataType.UInt32, value: subscriptionId };
    const status = await this.#call(CONDITION_TYPE, CONDITION_REFRESH, [input], signal);
    if (status.equals(StatusCodes.BadRefreshInProgress)) this.#refreshSoon();
    else if (!isGood(status))
      this.#parts.log.warn('opcua.alarm-refresh-refused', { status: status.name });
  }

  /** Takes one notification in. */
  take(eventFields: readonly Variant[]): void {
    const { link, clock, tolerance } = this.#parts;
    const timeBasis = timeBasisOf(clock);
    const context = { namespaces: link.namespaces, now: clock.utc(), timeBasis, tolerance };
    const event = conditionEvent(eventFields, context);
    switch (event?.kind) {
      case 'refresh-start':
        this.#told.clear();
        this.#droppedOfRefresh = 0;
        return;
      case 'refresh-end':
        this.#endRefresh();
        return;
      case 'refresh-required':
        this.#refreshSoon();
        return;
      case 'alarm':
        this.#takeAlarm(event);
        return;
      case undefined:
        return;
      default:
        event satisfies never;
    }
  }

  /** Under the terms of WatchSession.acknowledge. */
  async acknowledge(alarm: string, comment: string, signal: AbortSignal): Promise<Written> {
    const known = this.#conditions.get(alarm);
    if (known === undefined) return ended('failed', 'opcua.alarm-unknown', { alarm });
    let status = await this.#acknowledgeEvent(known, comment, signal);
    const newest = this.#conditions.get(alarm);
    // The alarm changed while the call was on its way.
    if (status.equals(StatusCodes.BadEventIdUnknown) && newest && newest !== known)
      status = await this.#acknowledgeEvent(newest, comment, signal);
    if (isGood(status) || status.equals(StatusCodes.BadConditionBranchAlreadyAcked))
      return { outcome: 'written', turnaround: undefined };
    const outcome = status.equals(StatusCodes.BadTimeout) ? 'unknown' : 'rejected';
    return ended(outcome, 'opcua.alarm-refused', { alarm, status: status.name });
  }

  /** A server that knows no where clause gets none; what is no condition is left out here then. */
  async #createItem(item: EventItem, signal: AbortSignal): Promise<StatusCode> {
    const status = await this.#createItemWith(item, conditionFilter(true), signal);
    const isFilter = FILTER_REFUSALS.some((refusal) => status.equals(refusal));
    return isFilter ? this.#createItemWith(item, conditionFilter(false), signal) : status;
  }

  #createItemWith(
    { subscriptionId, clientHandle, source }: EventItem,
    filter: EventFilter,
    signal: AbortSignal,
  ): Promise<StatusCode> {
    const request = new CreateMonitoredItemsRequest({
      subscriptionId,
      timestampsToReturn: TimestampsToReturn.Both,
      itemsToCreate: [
        {
          itemToMonitor: { nodeId: source, attributeId: AttributeIds.EventNotifier },
          monitoringMode: MonitoringMode.Reporting,
          requestedParameters: {
            clientHandle,
            samplingInterval: 0,
            filter,
            queueSize: QUEUE,
            discardOldest: true,
          },
        },
      ],
    });
    return this.#statusOf(request, signal);
  }

  /** One refresh at a time, and not without a pause: a server may ask for one with every event. */
  #refreshSoon(): void {
    const place = this.#place;
    if (place === undefined || place.signal.aborted || this.#isRefreshWanted) return;
    this.#isRefreshWanted = true;
    const { subscriptionId, signal } = place;
    const { clock, log } = this.#parts;
    const onAbort = () => cancel();
    const cancel = clock.at('opcua.alarm-refresh', later(clock.mono(), REFRESH_GAP), () => {
      signal.removeEventListener('abort', onAbort);
      if (place !== this.#place) return;
      // That the link is lost is said by the session's own watch.
      this.refresh(subscriptionId, signal).catch((error: unknown) =>
        log.debug('opcua.alarm-refresh-failed', { reason: reasonOf(error) }),
      );
    });
    signal.addEventListener('abort', onAbort, { once: true });
  }

  /** After an overflow nothing follows from what is missing. */
  #endRefresh(): void {
    for (const alarm of this.#conditions.keys())
      if (!this.#told.has(alarm)) this.#conditions.delete(alarm);
    if (this.#droppedOfRefresh === 0) this.#parts.watcher.standing([...this.#told]);
  }

  #takeAlarm({ report, condition, eventId }: AlarmEvent): void {
    const { options, watcher } = this.#parts;
    const { id } = report;
    if (isStanding(report)) {
      // An alarm that gets less severe is followed to its end.
      if (!this.#conditions.has(id) && !this.#isTaken(report, options.minSeverity)) return;
      this.#conditions.set(id, { node: condition, eventId });
      this.#told.add(id);
    } else {
      this.#conditions.delete(id);
      this.#told.delete(id);
    }
    watcher.alarm(report);
  }

  #isTaken({ severity }: AlarmReport, minSeverity: number): boolean {
    if (severity < minSeverity) return false;
    if (this.#conditions.size < this.#limit) return true;
    this.#dropped++;
    if (this.#droppedOfRefresh++ === 0)
      this.#parts.log.warn('opcua.alarms-dropped', { limit: this.#limit, dropped: this.#dropped });
    return false;
  }

  #acknowledgeEvent(
    { node, eventId }: Condition,
    comment: string,
    signal: AbortSignal,
  ): Promise<StatusCode> {
    const text = new LocalizedText({ text: comment.slice(0, LONGEST_COMMENT) });
    const input = [
      { dataType: DataType.ByteString, value: eventId },
      { dataType: DataType.LocalizedText, value: text },
    ];
    return this.#call(node, ACKNOWLEDGE, input, signal);
  }

  #call(
    objectId: NodeId | string,
    methodId: string,
    inputArguments: VariantOptions[],
    signal: AbortSignal,
  ): Promise<StatusCode> {
    const request = new CallRequest({ methodsToCall: [{ objectId, methodId, inputArguments }] });
    return this.#statusOf(request, signal);
  }

  /** The status of the one thing that the request asks for. Rejects when the link is lost. */
  async #statusOf(request: ServiceRequest, signal: AbortSignal): Promise<StatusCode> {
    try {
      const { results } = await this.#parts.link.ask<Results>(request, { signal });
      return results?.[0]?.statusCode ?? StatusCodes.BadUnexpectedError;
    } catch (error) {
      if (error instanceof ServiceFault) return error.status;
      if (error instanceof GatewayError && error.code === 'opcua.timeout')
        return StatusCodes.BadTimeout;
      throw error;
    }
  }
}

type AlarmEvent = Extract<ConditionEvent, { kind: 'alarm' }>;
interface Results {
  readonly results: readonly { readonly statusCode: StatusCode }[] | null;
}

/** What a server says that cannot, or not so, filter events. */
const FILTER_REFUSALS = [
  StatusCodes.BadMonitoredItemFilterUnsupported,
  StatusCodes.BadMonitoredItemFilterInvalid,
  StatusCodes.BadEventFilterInvalid,
  StatusCodes.BadContentFilterInvalid,
  StatusCodes.BadFilterOperatorInvalid,
  StatusCodes.BadFilterOperatorUnsupported,
  StatusCodes.BadFilterOperandInvalid,
];

/** Not bad and not uncertain, by the severity bits (OPC 10000-4 §7.39.1). */
export const isGood = ({ value }: StatusCode): boolean => value >>> 30 === 0;

const ended = (
  outcome: Written['outcome'],
  code: 'opcua.alarm-unknown' | 'opcua.alarm-refused',
  details: ErrorDetails,
): Written => ({ outcome, refusal: { code, details }, turnaround: undefined });
