import { describe, expect, test } from 'vitest';
import { COMPANIONS, companionOf } from '../../../drivers/opcua/companions.ts';

const UA = 'http://opcfoundation.org/UA/';
const [ROBOTICS, DI, MACHINERY, PACKML, TOOL] = [
  ...['Robotics', 'DI', 'Machinery', 'PackML', 'MachineTool'].map((name) => `${UA}${name}/`),
] as [string, string, string, string, string];

/** `R:Axes` in the namespace of Robotics; without a letter in one of the vendor's. */
const pathOf = (text: string) =>
  text.split('/').map((part) => {
    const [, letter, name = part] = /^([RDMPT0]):(.*)$/.exec(part) ?? [];
    const uris = { R: ROBOTICS, D: DI, M: MACHINERY, P: PACKML, T: TOOL, 0: UA };
    return { uri: letter ? uris[letter as keyof typeof uris] : 'urn:vendor', name };
  });
const tagOf = (text: string) => companionOf(pathOf(text))?.tag;

describe('a variable that a companion specification names', () => {
  test.each([
    [
      'Cell/R:MotionDevices/Robot1/R:Axes/Axis_3/D:ParameterSet/R:ActualPosition',
      'axis_3_position',
    ],
    ['R:MotionDevices/R/R:Axes/Linear/D:ParameterSet/R:ActualSpeed', 'axis_linear_speed'],
    ['R:PowerTrains/PT2/Motor1/D:ParameterSet/R:MotorTemperature', 'motor_2_temperature'],
    ['R:MotionDevices/Robot1/D:ParameterSet/R:SpeedOverride', 'speed_override'],
    ['R:Controllers/C1/R:TaskControls/Main/D:ParameterSet/R:TaskProgramName', 'program_name'],
    ['R:Controllers/C1/D:ParameterSet/R:Temperature', 'controller_temperature'],
    ['R:SafetyStates/S/D:ParameterSet/R:EmergencyStop', 'emergency_stop'],
    ['Machine/M:MachineryBuildingBlocks/M:MachineryItemState/0:CurrentState', 'machine_state'],
    ['Mill/T:Monitoring/T:MachineTool/T:OperationMode', 'operation_mode'],
    ['Mill/T:Monitoring/Channel2/T:FeedOverride', 'channel_2_feed_override'],
    ['Unit/P:Status/P:CurMachSpeed', 'machine_speed'],
    ['Unit/P:BaseStateMachine/P:MachineState/P:ExecuteState/0:CurrentState', 'execute_state'],
    ['Device/D:DeviceHealth', 'device_health'],
  ])('%s is %s', (path, tag) => {
    expect(tagOf(path)).toBe(tag);
  });

  test('says which part of an array of counts is meant', () => {
    const found = companionOf(pathOf('Unit/P:Admin/P:ProdDefectiveCount'));
    expect(found?.of.part).toBe('[0] .AccCount');
    expect(found?.companion.name).toBe('PackML');
  });
});

describe('a variable is not one of them', () => {
  test.each([
    'Axes/Axis1/ParameterSet/ActualPosition',
    'R:ActualPosition',
    'R:Axes/Axis1/D:ParameterSet/R:ActualPosition/More',
    'R:Status/R:CurMachSpeed',
    'MachineryItemState/0:CurrentState',
  ])('when only its names are the same, or not all of them: %s', (path) => {
    expect(tagOf(path)).toBeUndefined();
  });
});

test('every name is one that a tag can have, and every path has something to be known by', () => {
  for (const { tags, uri, document } of COMPANIONS) {
    expect(uri).toMatch(/^http:\/\/opcfoundation\.org\/UA\/\w+\/$/);
    expect(document).not.toBe('');
    for (const { tag, path } of tags) {
      expect(tag.replace(/\{\d\}/g, '1')).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
      expect(path.split('/').some((part) => part !== '*')).toBe(true);
    }
  }
});
