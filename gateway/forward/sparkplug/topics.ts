/** The topics of Sparkplug B 3.0 (§4). */

const NAMESPACE = 'spBv1.0';

export type NodeMessage = 'NBIRTH' | 'NDATA' | 'NDEATH' | 'NCMD';
export type DeviceMessage = 'DBIRTH' | 'DDATA' | 'DDEATH' | 'DCMD';

export interface NodeName {
  readonly group: string;
  readonly node: string;
}

export const nodeTopic = ({ group, node }: NodeName, type: NodeMessage): string =>
  `${NAMESPACE}/${group}/${type}/${node}`;

export const deviceTopic = ({ group, node }: NodeName, type: DeviceMessage, device: string) =>
  `${NAMESPACE}/${group}/${type}/${node}/${device}`;

export const stateTopic = (host: string): string => `${NAMESPACE}/STATE/${host}`;
