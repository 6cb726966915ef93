/**
 * Names that machines give their parts by an OPC UA companion specification, and what the gateway calls the same. A
 * part is known by browse names and the namespace's URI, never by its NodeId.
 */

export interface Companion {
  readonly name: string;
  /** Of its namespace. */
  readonly uri: string;
  readonly document: string;
  readonly tags: readonly CompanionTag[];
}

export interface CompanionTag {
  /** The end of a browse path; `*` is any one name. */
  readonly path: string;
  /** `{1}` is the number at the end of the name that the first `*` stands for, or that name itself. */
  readonly tag: string;
  /** Where the specification says it and the server does not. */
  readonly unit?: string;
  /** What is meant of a structure or an array, as an address says it. */
  readonly part?: string;
}

const tags = (
  under: string,
  names: Readonly<Record<string, string>>,
  more: Omit<CompanionTag, 'path' | 'tag'> = {},
): readonly CompanionTag[] =>
  Object.entries(names).map(([name, tag]) => ({ path: `${under}/${name}`, tag, ...more }));

/** The most particular first: a variable is named by the first that fits. */
export const COMPANIONS: readonly Companion[] = [
  {
    name: 'Robotics',
    uri: 'http://opcfoundation.org/UA/Robotics/',
    document: 'OPC 40010-1 1.01.2',
    tags: [
      ...tags('Axes/*/ParameterSet', {
        ActualPosition: 'axis_{1}_position',
        ActualSpeed: 'axis_{1}_speed',
        ActualAcceleration: 'axis_{1}_acceleration',
      }),
      ...tags('PowerTrains/*/*/ParameterSet', {
        MotorTemperature: 'motor_{1}_temperature',
        EffectiveLoadRate: 'motor_{1}_load',
        BrakeReleased: 'motor_{1}_brake_released',
      }),
      ...tags('MotionDevices/*/ParameterSet', {
        OnPath: 'on_path',
        InControl: 'in_control',
        SpeedOverride: 'speed_override',
      }),
      ...tags('TaskControls/*/ParameterSet', {
        TaskProgramName: 'program_name',
        TaskProgramLoaded: 'program_loaded',
        ExecutionMode: 'execution_mode',
      }),
      ...tags('SafetyStates/*/ParameterSet', {
        OperationalMode: 'operational_mode',
        EmergencyStop: 'emergency_stop',
        ProtectiveStop: 'protective_stop',
      }),
      ...tags('Controllers/*/ParameterSet', {
        TotalPowerOnTime: 'power_on_time',
        StartUpTime: 'start_up_time',
        UpsState: 'ups_state',
        TotalEnergyConsumption: 'energy_total',
        CabinetFanSpeed: 'cabinet_fan_speed',
        CPUFanSpeed: 'cpu_fan_speed',
        InputVoltage: 'input_voltage',
        Temperature: 'controller_temperature',
      }),
    ],
  },
  {
    name: 'MachineTool',
    uri: 'http://opcfoundation.org/UA/MachineTool/',
    document: 'OPC 40501-1 1.02',
    tags: [
      ...tags('Monitoring/MachineTool', {
        OperationMode: 'operation_mode',
        FeedOverride: 'feed_override',
        IsWarmUp: 'warm_up',
        PowerOnDuration: 'power_on_time',
        'OperationCounters/PartsProducedInLifetime': 'parts_total',
      }),
      ...tags('Production', {
        'ActiveProgram/Name': 'program_name',
        'ActiveProgram/NumberInList': 'program_no',
        'ActiveProgram/State/CurrentState': 'program_state',
        'Statistics/PartsProducedInLifetime': 'parts_total',
      }),
      ...tags('Monitoring/*', {
        ChannelState: 'channel_{1}_state',
        ChannelMode: 'channel_{1}_mode',
        FeedOverride: 'channel_{1}_feed_override',
        RapidOverride: 'channel_{1}_rapid_override',
      }),
    ],
  },
  {
    name: 'PackML',
    uri: 'http://opcfoundation.org/UA/PackML/',
    document: 'OPC 30050 1.01',
    tags: [
      ...tags('Status', {
        UnitModeCurrent: 'unit_mode',
        CurMachSpeed: 'machine_speed',
        MachSpeed: 'machine_speed_set',
        EquipmentBlocked: 'blocked',
        EquipmentStarved: 'starved',
        StateRequested: 'state_requested',
        StateChangeInProcess: 'state_changing',
        MaterialInterlock: 'material_interlock',
        MaterialInterlocked: 'material_interlock',
      }),
      ...tags(
        'Admin',
        {
          ProdProcessedCount: 'processed_count',
          ProdConsumedCount: 'consumed_count',
          ProdDefectiveCount: 'reject_count',
        },
        { part: '[0] .AccCount' },
      ),
      ...tags('Admin', {
        AccTimeSinceReset: 'time_since_reset',
        ModeCurrentTime: 'mode_time',
        StateCurrentTime: 'state_time',
        MachDesignSpeed: 'design_speed',
        StopReason: 'stop_reason',
      }),
      ...tags('BaseStateMachine', {
        'MachineState/ExecuteState/CurrentState': 'execute_state',
        'MachineState/CurrentState': 'machine_state',
        CurrentState: 'packml_state',
      }),
    ],
  },
  {
    name: 'Machinery',
    uri: 'http://opcfoundation.org/UA/Machinery/',
    document: 'OPC 40001-1 1.03',
    tags: [
      { path: 'MachineryItemState/CurrentState', tag: 'machine_state' },
      { path: 'MachineryOperationMode/CurrentState', tag: 'machine_mode' },
      { path: 'OperationCounters/PowerOnDuration', tag: 'power_on_time' },
      { path: 'OperationCounters/OperationDuration', tag: 'operation_time' },
      { path: 'OperationCounters/OperationCycleCounter', tag: 'cycle_count' },
    ],
  },
  {
    name: 'DI',
    uri: 'http://opcfoundation.org/UA/DI/',
    document: 'OPC 10000-100',
    tags: [{ path: 'DeviceHealth', tag: 'device_health' }],
  },
];

/** One name of a browse path with the URI of its namespace. */
export interface PathName {
  readonly uri: string;
  readonly name: string;
}

export interface CompanionMatch {
  readonly companion: Companion;
  readonly of: CompanionTag;
  /** The gateway's name for it; several parts of a machine may have the same one. */
  readonly tag: string;
}

/** What a variable at the end of this path is by a companion specification. Pure. */
export function companionOf(path: readonly PathName[]): CompanionMatch | undefined {
  for (const companion of COMPANIONS)
    for (const of of companion.tags) {
      const wild = wildcardsOf(of.path.split('/'), path, companion.uri);
      if (wild)
        return { companion, of, tag: of.tag.replace(/\{(\d)\}/g, (_, n) => labelOf(wild[n - 1])) };
    }
  return undefined;
}

/** The names that stand for each `*`; undefined when the path ends otherwise, or in other namespaces. */
function wildcardsOf(
  pattern: readonly string[],
  path: readonly PathName[],
  uri: string,
): readonly string[] | undefined {
  const end = path.slice(-pattern.length);
  const fits =
    end.length === pattern.length &&
    pattern.every((part, i) => part === '*' || part === end[i]?.name) &&
    pattern.some((part, i) => part !== '*' && end[i]?.uri === uri);
  return fits ? end.filter((_, i) => pattern[i] === '*').map(({ name }) => name) : undefined;
}

/** `Axis_3` is 3, `Left arm` is left_arm. */
function labelOf(name = ''): string {
  const number = /(\d+)\D*$/.exec(name)?.[1];
  return number === undefined
    ? name.toLowerCase().replace(/[^a-z0-9]+/g, '_')
    : String(Number(number));
}
