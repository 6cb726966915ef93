/** The robot cell of the simulated OPC UA server, as a client that shares nothing with the gateway sees it. */
import { makeBrowsePath, StatusCodes } from 'node-opcua';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CELL_NAMESPACE } from '../../firmware-sim/opcua/cell-namespaces.ts';
import { robotCell } from '../../firmware-sim/opcua/robot-cell.ts';
import { type SimulatedOpcuaServer, startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { disposals } from '../support/disposals.ts';
import { alarmField } from '../support/opcua-alarms.ts';
import { type Client, openClient } from '../support/opcua-client.ts';
import { opcuaField } from '../support/opcua-field.ts';
import { until } from '../support/waiting.ts';

const ended = disposals();
const cell = robotCell();
let server: SimulatedOpcuaServer;
let client: Client;
beforeAll(async () => {
  server = await startOpcuaServer({ contents: [cell.content] }, systemClock());
  client = await openClient(server.endpointUrl);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

/** Reads what stands at the end of a browse path with namespace prefixes. */
async function readPath(path: string) {
  const { value } = await client.read('ns=0;i=2255');
  const uris: readonly string[] = value.value;
  const indexed = path.replace(
    /\/([a-z]+):/g,
    (_, prefix) =>
      `/${uris.findIndex((uri) => uri.toLowerCase().endsWith(`${prefix}/`) || uri.endsWith(`:${prefix}`))}:`,
  );
  const result = await client.session.translateBrowsePath(makeBrowsePath('RootFolder', indexed));
  expect(result.statusCode, indexed).toBe(StatusCodes.Good);
  expect(result.targets).toHaveLength(1);
  return client.read(String(result.targets?.[0]?.targetId));
}

const SYSTEM = '/Objects/di:DeviceSet/cell:RobotSystem';
const ROBOT = `${SYSTEM}/robotics:MotionDevices/cell:Robot1`;
const BLOCKS = '/Objects/machinery:Machines/cell:Cell/machinery:MachineryBuildingBlocks';

describe('the robot cell of the simulated server', () => {
  it.each([
    [`${ROBOT}/di:ParameterSet/robotics:SpeedOverride`, 100],
    [`${ROBOT}/di:Manufacturer`, expect.objectContaining({ text: 'Headgate' })],
    [
      `${ROBOT}/robotics:Axes/cell:Axis3/di:ParameterSet/robotics:ActualPosition`,
      expect.any(Number),
    ],
    [
      `${ROBOT}/robotics:PowerTrains/cell:PowerTrain3/cell:Motor3/di:ParameterSet/robotics:MotorTemperature`,
      expect.any(Number),
    ],
    [`${SYSTEM}/robotics:SafetyStates/cell:Safety1/di:ParameterSet/robotics:OperationalMode`, 4],
    [
      `${SYSTEM}/robotics:Controllers/cell:Controller1/robotics:TaskControls/cell:Task1/di:ParameterSet/robotics:TaskProgramName`,
      'PICK_PLACE_07',
    ],
    [
      `${BLOCKS}/machinery:MachineryItemState/0:CurrentState`,
      expect.objectContaining({ text: 'Executing' }),
    ],
    [`${BLOCKS}/machinery:MachineryItemState/0:CurrentState/0:Number`, 3],
    [`${BLOCKS}/di:OperationCounters/di:OperationCycleCounter`, [0, expect.any(Number)]],
    ['/Objects/cell:PLC/cell:robot_running', true],
  ])('has %s', async (path, expected) => {
    const { value, statusCode } = await readPath(path);
    expect(statusCode).toBe(StatusCodes.Good);
    expect(value.value).toEqual(expected);
  });

  it('says in which units and by which enumerations', async () => {
    const motor = `${ROBOT}/robotics:PowerTrains/cell:PowerTrain3/cell:Motor3/di:ParameterSet`;
    const { value } = await readPath(`${motor}/robotics:MotorTemperature/0:EngineeringUnits`);
    expect(value.value.displayName.text).toBe('°C');
    const address = `/Objects/{http://opcfoundation.org/UA/DI/}DeviceSet/RobotSystem/SafetyStates/Safety1/ParameterSet/OperationalMode`;
    const tags = { mode: address, count: 'cell:s=cycle_count' };
    const device = { namespaces: { cell: CELL_NAMESPACE } };
    const field = ended(await opcuaField({ url: server.endpointUrl, tags, device }), (running) =>
      running.stop(),
    );
    await field.comes('mode', ({ value }) => value === 'AUTOMATIC_EXTERNAL');
    await field.comes('count', ({ quality }) => quality === 'good');
  });

  it('moves', async () => {
    const positions = new Set<number>();
    const node = await client.node(
      CELL_NAMESPACE,
      'RobotSystem/MotionDevices/Robot1/Axes/Axis1/ParameterSet/ActualPosition',
    );
    await client.subscribe([node], (_, { value }) => positions.add(value.value), 50);
    await until('five positions', () => positions.size >= 5);
  });

  it('has alarms that are raised, acknowledged and cleared', async () => {
    const field = ended(await alarmField({ url: server.endpointUrl }), (running) => running.stop());
    const vacuum = cell.alarm('VacuumLost');
    vacuum.force(true);
    await until('the alarm', () => field.events.includes('VacuumLost active 800'));
    const id = String(field.alarms.list().find(({ condition }) => condition === 'VacuumLost')?.id);
    expect(await field.bus.acknowledge('plc', id, 'cup replaced')).toMatchObject({
      outcome: 'written',
    });
    expect([vacuum.isAcknowledged, vacuum.comment]).toEqual([true, 'cup replaced']);
    vacuum.force(false);
    await until('its end', () => field.events.includes('VacuumLost cleared 800'));
    const retain = await readPath('/Objects/cell:PLC/cell:VacuumLost/0:Retain');
    expect(retain.value.value).toBe(false);
    vacuum.force(undefined);
  });

  it('works on while its server restarts, and raises again what still stands', async () => {
    const alarm = cell.alarm('Axis3Overheated');
    alarm.force(true);
    await server.restart({ reshuffle: true });
    const field = ended(await alarmField({ url: server.endpointUrl }), (running) => running.stop());
    await until('the alarm', () => field.events.includes('Axis3Overheated active 600'));
    alarm.force(undefined);
  });
});
