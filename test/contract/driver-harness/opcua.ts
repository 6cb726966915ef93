/** OPC UA for the contract suite: the simulated server, on a real socket. */
import type { Planner, Session, WatchSession } from '../../../drivers/driver.ts';
import type { OpcuaDevice } from '../../../drivers/opcua/device.ts';
import { opcuaDriver } from '../../../drivers/opcua/driver.ts';
import { startOpcuaServer } from '../../../firmware-sim/opcua/server.ts';
import { doubles, PLAIN_NAMESPACE, plainVariables } from '../../../firmware-sim/opcua/variables.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { memoryStateStore } from '../../../gateway/host/state-store.ts';
import type { Value } from '../../../gateway/model/sample.ts';
import { millis } from '../../../gateway/model/units.ts';
import { type DriverHarness, realTime, type Scene, type TagChoice } from './harness.ts';
import { parsedDevice } from './parsed.ts';

/** 2^53 + 1 as the stack holds it: two words of 32 bits. */
const BEYOND_DOUBLE = [0x20_0000, 1];
const WRITABLE = 'recipe';
const WRITTEN_DEVICE = { namespaces: { plain: PLAIN_NAMESPACE } };

const TAGS: TagChoice = {
  present: [
    { address: 'plain:s=still', value: 42 },
    { address: 'plain:s=name', value: 'robot' },
    { address: '/Objects/Plain/big', value: 9_007_199_254_740_993n },
  ],
  absent: ['plain:s=nowhere', '/Objects/Plain/nowhere', 'nsu=urn:nobody;i=1'],
  writable: { address: `plain:s=${WRITABLE}`, values: [7, 8] },
  readOnly: [
    { address: 'plain:s=still', value: 1 },
    { address: `plain:s=${WRITABLE}`, value: 'seven' },
    { address: 'plain:s=nowhere', value: 1 },
  ],
  stamped: 'plain:s=v0000',
};

async function setUp(): Promise<Scene> {
  const clock = systemClock();
  const contents = [
    plainVariables([
      ...doubles('v', 1, millis(100)),
      { name: 'still', value: 42 },
      { name: 'name', type: 'String', value: 'robot' },
      { name: 'big', type: 'Int64', value: BEYOND_DOUBLE },
      { name: WRITABLE, type: 'Int32', value: 0, writable: true },
    ]),
  ];
  const server = await startOpcuaServer({ contents }, clock);
  const state = memoryStateStore();
  const bus = {
    url: server.endpointUrl,
    security: 'None',
    user: { kind: 'anonymous' },
    sessionTimeout: millis(10_000),
    keepAlive: millis(500),
    timeout: millis(800),
    pki: '',
    gateway: 'test',
  } as const;
  const link = opcuaDriver.link(bus, { clock, log: silentLog, state });
  const access = { resource: link.resource, framing: 'opcua', timing: undefined } as const;
  const device = parsedDevice('opcua', WRITTEN_DEVICE) as OpcuaDevice;
  const open = () => opcuaDriver.open(device, { ...access, clock, log: silentLog, state, link });
  const session = open() as WatchSession;
  const standing = () => server.variable(WRITABLE).value as Value;
  return {
    planner: opcuaDriver as Planner,
    protocol: 'opcua',
    access,
    device,
    twin: parsedDevice('opcua', WRITTEN_DEVICE),
    stranger: undefined,
    session,
    time: realTime(clock),
    allowance: millis(400),
    peer: {
      heard: () => server.requests(),
      written: () => server.requests('WriteRequest'),
      standing,
      picture: () => [standing(), server.variable('still').value],
      beSilent: () => server.setFault({ kind: 'deaf' }),
      loseAnswers: () => server.setFault({ kind: 'mute' }),
      recover() {
        server.clearFault('deaf');
        server.clearFault('mute');
      },
      cut: () => server.powerOff(),
      restore: () => server.restart(),
    },
    open: () => open() as Session,
    sent: () => server.requests(),
    watched: {
      session,
      link,
      moving: { address: 'plain:s=still', values: [43, 44, 45, 42] },
      move: (value) => server.variable('still').set(value),
    },
    async connect() {
      await link.close(false);
      await link.connect(new AbortController().signal);
    },
    calmly: (call) => call(),
    async close() {
      await link.close(true);
      await server.stop();
    },
  };
}

export const opcua: DriverHarness = {
  name: 'opcua on a simulated server',
  needs: [],
  isWatched: true,
  tags: TAGS,
  setUp,
};
