/** What the server of a simulated robot cell has: names of OPC 40010-1 and OPC 40001-1, and plain ones of its PLC. */
import type { CELL_PREFIXES } from './cell-namespaces.ts';
import type { CellState } from './cell-process.ts';
import { coerceLocalizedText, type DataType, type standardUnits } from './stack.ts';
import { words64 } from './words64.ts';

/** A variable and what the cell says there. */
export interface CellVariable {
  /** Browse names; the prefix is a namespace of `CELL_PREFIXES`, none: the cell's own. */
  readonly path: string;
  readonly type: keyof typeof DataType;
  /** The enumeration of a companion that an Int32 is. */
  readonly enumeration?: string;
  readonly unit?: keyof typeof standardUnits;
  value(state: CellState): unknown;
}

/** The type of an object and the prefix of its namespace; a `*` in the path is any one name. */
export interface CellType {
  readonly path: string;
  readonly prefix: keyof typeof CELL_PREFIXES;
  readonly type: string;
}

/** Where the robot is, and where the machine is that it works in. */
const SYSTEM = 'di:DeviceSet/RobotSystem';
const MACHINE = 'machinery:Machines/Cell';
const ROBOT = `${SYSTEM}/robotics:MotionDevices/Robot1`;
const CONTROLLER = `${SYSTEM}/robotics:Controllers/Controller1`;
const TASK = `${CONTROLLER}/robotics:TaskControls/Task1`;
const SAFETY = `${SYSTEM}/robotics:SafetyStates/Safety1`;
const BLOCKS = `${MACHINE}/machinery:MachineryBuildingBlocks`;
const ITEM = `${BLOCKS}/machinery:MachineryItemState`;
const MODE = `${BLOCKS}/machinery:MachineryOperationMode`;
const COUNTERS = `${BLOCKS}/di:OperationCounters`;

/** Types of the objects that are no plain ones. */
export const CELL_TYPES: readonly CellType[] = [
  { path: SYSTEM, prefix: 'robotics', type: 'MotionDeviceSystemType' },
  { path: ROBOT, prefix: 'robotics', type: 'MotionDeviceType' },
  { path: `${ROBOT}/robotics:Axes/*`, prefix: 'robotics', type: 'AxisType' },
  { path: `${ROBOT}/robotics:PowerTrains/*`, prefix: 'robotics', type: 'PowerTrainType' },
  { path: `${ROBOT}/robotics:PowerTrains/*/*`, prefix: 'robotics', type: 'MotorType' },
  { path: CONTROLLER, prefix: 'robotics', type: 'ControllerType' },
  { path: TASK, prefix: 'robotics', type: 'TaskControlType' },
  { path: SAFETY, prefix: 'robotics', type: 'SafetyStateType' },
  { path: `${MACHINE}/di:Identification`, prefix: 'machinery', type: 'MachineIdentificationType' },
  { path: COUNTERS, prefix: 'machinery', type: 'MachineryOperationCounterType' },
  { path: ITEM, prefix: 'machinery', type: 'MachineryItemState_StateMachineType' },
  { path: MODE, prefix: 'machinery', type: 'MachineryOperationModeStateMachineType' },
];

const text = (path: string, value: string): CellVariable => ({
  path,
  type: 'String',
  value: () => value,
});

const label = (path: string, value: string): CellVariable => ({
  path,
  type: 'LocalizedText',
  value: () => coerceLocalizedText(value),
});

const flag = (path: string, value: (state: CellState) => boolean): CellVariable => ({
  path,
  type: 'Boolean',
  value,
});

const count = (path: string, value: (state: CellState) => number): CellVariable => ({
  path,
  type: 'UInt32',
  value,
});

const double = (
  path: string,
  unit: CellVariable['unit'],
  value: (state: CellState) => number,
): CellVariable => ({ path, type: 'Double', ...(unit && { unit }), value });

const enumeration = (path: string, name: string, value: number): CellVariable => ({
  path,
  type: 'Int32',
  enumeration: name,
  value: () => value,
});

/** Who made it, as a type plate says it. */
const plate = (path: string, model: string, serial: string): readonly CellVariable[] => [
  label(`${path}/di:Manufacturer`, 'Headgate'),
  label(`${path}/di:Model`, model),
  text(`${path}/di:ProductCode`, model),
  text(`${path}/di:SerialNumber`, serial),
];

const axis = (n: number): readonly CellVariable[] => {
  const parameters = `${ROBOT}/robotics:Axes/Axis${n}/di:ParameterSet/robotics:`;
  const motor = `${ROBOT}/robotics:PowerTrains/PowerTrain${n}/Motor${n}/di:ParameterSet/robotics:`;
  const own = (pick: 'position' | 'speed' | 'temperature' | 'load') => (state: CellState) =>
    state.axes[n - 1]?.[pick] ?? 0;
  return [
    double(`${parameters}ActualPosition`, 'degree', own('position')),
    double(`${parameters}ActualSpeed`, undefined, own('speed')),
    double(`${motor}MotorTemperature`, 'degree_celsius', own('temperature')),
    { path: `${motor}EffectiveLoadRate`, type: 'UInt16', value: own('load') },
    flag(`${motor}BrakeReleased`, ({ isRunning }) => isRunning),
  ];
};

/** Names by their numbers: OPC 40001-1 §8 (1.03). */
const ITEM_STATE = { notExecuting: [2, 'NotExecuting'], executing: [3, 'Executing'] } as const;
const PROCESSING = [3, 'Processing'] as const;
/** Robotics 1.01.2: AUTOMATIC_EXTERNAL, CYCLE. */
const AUTOMATIC_EXTERNAL = 4;
const CYCLE = 0;
const KILOWATTS = 1.4;

const hours = ({ elapsed }: CellState): number => elapsed / 3_600_000;
const itemState = ({ isRunning }: CellState) =>
  isRunning ? ITEM_STATE.executing : ITEM_STATE.notExecuting;

/** The robot and its controller. */
const ROBOTICS: readonly CellVariable[] = [
  ...plate(ROBOT, 'HG-6', 'HG6-0001'),
  enumeration(`${ROBOT}/robotics:MotionDeviceCategory`, 'MotionDeviceCategoryEnumeration', 1),
  flag(`${ROBOT}/di:ParameterSet/robotics:OnPath`, ({ isRunning }) => isRunning),
  flag(`${ROBOT}/di:ParameterSet/robotics:InControl`, ({ fault }) => fault === 0),
  double(`${ROBOT}/di:ParameterSet/robotics:SpeedOverride`, undefined, () => 100),
  ...[1, 2, 3, 4, 5, 6].flatMap(axis),
  ...plate(CONTROLLER, 'HG-C', 'HGC-0001'),
  double(`${CONTROLLER}/di:ParameterSet/robotics:Temperature`, 'degree_celsius', (state) =>
    Number((34 + (state.axes[0]?.temperature ?? 0) / 10).toFixed(1)),
  ),
  double(`${CONTROLLER}/di:ParameterSet/robotics:TotalEnergyConsumption`, undefined, (state) =>
    Number((hours(state) * KILOWATTS).toFixed(3)),
  ),
  text(`${CONTROLLER}/di:ParameterSet/robotics:UpsState`, 'charged'),
  label(`${TASK}/di:ComponentName`, 'Task1'),
  text(`${TASK}/di:ParameterSet/robotics:TaskProgramName`, 'PICK_PLACE_07'),
  flag(`${TASK}/di:ParameterSet/robotics:TaskProgramLoaded`, () => true),
  enumeration(`${TASK}/di:ParameterSet/robotics:ExecutionMode`, 'ExecutionModeEnumeration', CYCLE),
  enumeration(
    `${SAFETY}/di:ParameterSet/robotics:OperationalMode`,
    'OperationalModeEnumeration',
    AUTOMATIC_EXTERNAL,
  ),
  flag(`${SAFETY}/di:ParameterSet/robotics:EmergencyStop`, () => false),
  flag(`${SAFETY}/di:ParameterSet/robotics:ProtectiveStop`, () => false),
];

/** The cell as a machine. */
const MACHINERY: readonly CellVariable[] = [
  label(`${MACHINE}/di:Identification/di:Manufacturer`, 'Headgate'),
  text(`${MACHINE}/di:Identification/di:SerialNumber`, 'HGC-0001'),
  text(`${MACHINE}/di:Identification/di:ProductInstanceUri`, 'urn:headgate:simulated:HGC-0001'),
  {
    path: `${ITEM}/ua:CurrentState`,
    type: 'LocalizedText',
    value: (state) => coerceLocalizedText(itemState(state)[1]),
  },
  count(`${ITEM}/ua:CurrentState/ua:Number`, (state) => itemState(state)[0]),
  label(`${MODE}/ua:CurrentState`, PROCESSING[1]),
  count(`${MODE}/ua:CurrentState/ua:Number`, () => PROCESSING[0]),
  {
    path: `${COUNTERS}/di:OperationCycleCounter`,
    type: 'UInt64',
    value: ({ cycles }) => words64(BigInt(cycles)),
  },
  double(
    `${COUNTERS}/di:PowerOnDuration`,
    undefined,
    ({ elapsed }) => Math.floor(elapsed / 1_000) * 1_000,
  ),
];

/** The tags of the cell's PLC; of `Cell/PLC/<name>` the NodeId is `s=<name>`. */
export const PLC_FOLDER = 'PLC';
const PLC: readonly CellVariable[] = [
  count(`${PLC_FOLDER}/cycle_count`, ({ cycles }) => cycles),
  count(`${PLC_FOLDER}/good_count`, ({ good }) => good),
  count(`${PLC_FOLDER}/reject_count`, ({ rejects }) => rejects),
  count(`${PLC_FOLDER}/cycle_time_ms`, ({ cycleTime }) => cycleTime),
  flag(`${PLC_FOLDER}/robot_running`, ({ isRunning }) => isRunning),
  { path: `${PLC_FOLDER}/fault_code`, type: 'UInt16', value: ({ fault }) => fault },
  flag(`${PLC_FOLDER}/gripper_closed`, ({ isGripping }) => isGripping),
  flag(`${PLC_FOLDER}/part_present`, ({ isPartPresent }) => isPartPresent),
  flag(`${PLC_FOLDER}/outfeed_full`, ({ isOutfeedFull }) => isOutfeedFull),
  { path: `${PLC_FOLDER}/vacuum_kpa`, type: 'Float', value: ({ vacuum }) => vacuum },
];

export const CELL_VARIABLES: readonly CellVariable[] = [...ROBOTICS, ...MACHINERY, ...PLC];
