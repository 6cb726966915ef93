/** Alarms of a press on a simulated server, raised and cleared by the test. */
import { DataType, NodeId, StatusCodes, type UAAlarmConditionEx } from 'node-opcua';
import type { ServerContent } from '../../firmware-sim/opcua/content.ts';

export const ALARMS_URI = 'urn:headgate:test:alarms';

/** EventNotifier (OPC 10000-3 §5.5.1). */
const SUBSCRIBE_TO_EVENTS = 1;

/** What the server itself says of one of its alarms. */
export interface ServedAlarm {
  raise(severity: number, message: string): void;
  /** Back to normal; it stays of interest until somebody acknowledges it. */
  clear(severity?: number): void;
  /** Gone without a word, as after a reset of what the server stands for. */
  forget(): void;
  readonly isAcknowledged: boolean;
  readonly comment: string;
  readonly id: NodeId;
}

/** A press with one alarm of each name; the alarms are those of the run that is under way. */
export function alarmContent(names: readonly string[]): {
  readonly content: ServerContent;
  alarm(name: string): ServedAlarm;
  /** Tells every client that it may have missed something. */
  requireRefresh(): void;
} {
  const alarms = new Map<string, ServedAlarm>();
  let requireRefresh = () => {};
  const content: ServerContent = {
    namespaces: [ALARMS_URI],
    build({ space, namespace }) {
      space.installAlarmsAndConditionsService();
      const own = namespace(ALARMS_URI);
      const { server } = space.rootFolder.objects;
      const press = own.addObject({
        browseName: 'Press',
        nodeId: 's=Press',
        organizedBy: space.rootFolder.objects,
        eventSourceOf: server,
        eventNotifier: SUBSCRIBE_TO_EVENTS,
      });
      for (const name of names) {
        const node = own.instantiateAlarmCondition('AlarmConditionType', {
          browseName: name,
          conditionName: name,
          nodeId: `s=${name}`,
          componentOf: press,
          conditionSource: press,
          inputNode: NodeId.nullNodeId,
        });
        alarms.set(name, served(node));
      }
      requireRefresh = () =>
        server.raiseEvent('RefreshRequiredEventType', {
          message: { dataType: DataType.LocalizedText, value: 'lost some' },
        });
    },
  };
  return {
    content,
    alarm(name) {
      const alarm = alarms.get(name);
      if (alarm === undefined) throw new Error(`no alarm ${name}`);
      return alarm;
    },
    requireRefresh: () => requireRefresh(),
  };
}

function served(node: UAAlarmConditionEx): ServedAlarm {
  const say = (severity: number, message: string) =>
    node.raiseNewCondition({ message, severity, quality: StatusCodes.Good, retain: true });
  return {
    id: node.nodeId,
    raise(severity, message) {
      node.activateAlarm();
      node.currentBranch().setAckedState(false);
      say(severity, message);
    },
    clear(severity = node.currentBranch().getSeverity()) {
      node.deactivateAlarm(true);
      say(severity, 'normal');
    },
    forget() {
      node.deactivateAlarm(false);
      node.currentBranch().setAckedState(true);
    },
    get isAcknowledged() {
      return node.ackedState.getValue();
    },
    get comment() {
      return node.currentBranch().getComment().text ?? '';
    },
  };
}
