/** One alarm condition of a simulated server (OPC 10000-9 §5.8.2): raised and cleared by the process or by a test. */
import {
  type Namespace,
  NodeId,
  StatusCodes,
  type UAAlarmConditionEx,
  type UAObject,
} from './stack.ts';

export interface ConditionSetting {
  readonly name: string;
  /** 1 to 1000. */
  readonly severity: number;
  readonly message: string;
}

/** EventNotifier (OPC 10000-3 §5.5.1): clients may subscribe to events here. */
export const SUBSCRIBE_TO_EVENTS = 1;

/** What the server says of one of its alarms; it is the same one over restarts of the server, which forgets. */
export class SimulatedCondition {
  readonly setting: ConditionSetting;
  #node: UAAlarmConditionEx | undefined;
  #process = false;
  #forced: boolean | undefined;
  #shown = false;

  constructor(setting: ConditionSetting) {
    this.setting = setting;
  }

  get isActive(): boolean {
    return this.#forced ?? this.#process;
  }

  get isAcknowledged(): boolean {
    return this.#node?.ackedState.getValue() ?? false;
  }

  /** What whoever acknowledged it said. */
  get comment(): string {
    return this.#node?.currentBranch().getComment().text ?? '';
  }

  /** Raised or cleared, whatever the process does; undefined: as the process has it again. */
  force(active: boolean | undefined): void {
    this.#forced = active;
    this.#show();
  }

  /** What the process has come to. */
  follow(active: boolean): void {
    this.#process = active;
    this.#show();
  }

  /** The node in the address space of this run of the server, inactive. `source` has to be an event source. */
  build(own: Namespace, source: UAObject): void {
    const { name } = this.setting;
    this.#shown = false;
    this.#node = own.instantiateAlarmCondition('AlarmConditionType', {
      browseName: name,
      conditionName: name,
      nodeId: `s=${name}`,
      componentOf: source,
      conditionSource: source,
      inputNode: NodeId.nullNodeId,
    });
  }

  /** It stays of interest after its end until somebody acknowledges it (§5.5.2, Retain). */
  #show(): void {
    const node = this.#node;
    if (node === undefined || this.isActive === this.#shown) return;
    this.#shown = this.isActive;
    const { severity, message } = this.setting;
    if (this.#shown) {
      node.activateAlarm();
      node.currentBranch().setAckedState(false);
    } else node.deactivateAlarm(true);
    const text = this.#shown ? message : `${message}: over`;
    const retain = this.#shown || !this.isAcknowledged;
    node.raiseNewCondition({ message: text, severity, quality: StatusCodes.Good, retain });
  }
}
