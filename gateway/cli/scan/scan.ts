import { loadProfiles, type Profile } from '../../../config/profiles.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { settingsText } from '../../health/doctor.ts';
import { record } from '../../health/line-recording.ts';
import { listenedOf } from '../../health/question.ts';
import { amountsOf, DURATION } from '../../host/quantity.ts';
import { type Millis, millis, seconds } from '../../model/units.ts';
import { isOpcuaUrl } from '../opcua/opcua-flags.ts';
import type { Call, Verb } from '../verb.ts';
import { type BusUrl, busOf } from '../wire/bus-url.ts';
import { usage } from '../wire/device-flags.ts';
import { FieldCall } from '../wire/field-call.ts';
import { framesOfAny } from '../wire/questions.ts';
import { WIRE_PROTOCOLS } from '../wire/wire-orders.ts';
import {
  networkStage,
  numbersIn,
  type ScanStage,
  type ScanWishes,
  stageTime,
  wireStages,
} from './scan-plan.ts';
import { type Proposal, proposalsFor } from './scan-profiles.ts';
import { type FoundDevice, type ScanResult, scan } from './scan-run.ts';
import { foundLine, lasting, remarks, type ScanReport, siteYaml } from './scan-view.ts';

export const scanVerb: Verb = {
  usage:
    'headgate scan <bus> [--protocol modbus|dlt645|cjt188] [--units 1..247] [--bauds 9600,2400] [--timeout 300ms]',
  about: {
    en: 'Finds the devices on a bus: listens first, then asks meters by their wildcard addresses and Modbus units by their numbers, at each usual baud rate and parity, the commonest first. Proposes profiles and prints YAML for a site. Only reads. Ctrl-C ends it and prints what was found so far. Exit code 1 when nothing was found.',
    zh: '查找总线上的设备：先监听，再以通配地址询问表计、以站号询问 Modbus 设备，按常见程度依次尝试各波特率和校验。给出匹配的模板和可用的站点 YAML。只读不写。Ctrl-C 结束并打印已发现的设备。未发现设备时退出码为 1。',
  },
  options: {
    protocol: {
      type: 'string',
      placeholder: WIRE_PROTOCOLS.join('|'),
      help: { en: 'only this protocol (all)', zh: '只扫描该协议（默认全部）' },
    },
    units: {
      type: 'string',
      placeholder: '1..247',
      help: { en: 'Modbus units to ask, as 1..32 or 1,5,9', zh: 'Modbus 站号，如 1..32 或 1,5,9' },
    },
    bauds: {
      type: 'string',
      placeholder: 'n,n',
      help: {
        en: 'only these baud rates (all usual ones)',
        zh: '只尝试这些波特率（默认全部常用值）',
      },
    },
    timeout: {
      type: 'string',
      placeholder: 'duration',
      help: {
        en: 'how long to wait for each answer; longer finds slow devices',
        zh: '每次等待应答的时间；加长可找到慢速设备',
      },
    },
    json: { type: 'boolean', help: { en: 'the result as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    [
      'headgate scan serial:///dev/ttyUSB0',
      { en: 'whatever is on this serial line', zh: '查找该串口上的所有设备' },
    ],
    [
      'headgate scan tcp://10.0.0.5:502 --units 1..32',
      { en: 'units behind a Modbus gateway', zh: '查找 Modbus 网关后的设备' },
    ],
  ],
  async run(call) {
    const [url] = call.positionals;
    if (url === undefined) throw usage('scan', 'name a bus');
    if (isOpcuaUrl(url))
      throw usage(
        'scan',
        `headgate browse ${url} shows what this server has, doctor whether it lets us in`,
      );
    const wishes = wishesOf(call);
    // Behind a serial server, which cannot be tuned, this is what is assumed of it.
    const [only = 'modbus', ...others] = wishes.protocols;
    const bus = busOf(url, { verb: 'scan', protocol: others.length > 0 ? 'modbus' : only });
    const profiles = await loadProfiles(DRIVER_OPTIONS);
    const report = await FieldCall.use(bus, call, (field) =>
      scanBus(call, field, { bus, wishes, profiles }),
    );
    print(call, bus, report);
    return report.found.length > 0 ? 0 : 1;
  },
};

const HIGHEST_UNIT = 247;
/** The numbers that devices with a network port of their own go by, then those of units behind one. */
const NETWORK_UNITS = [1, 255, 0, HIGHEST_UNIT];
const LISTENING: Millis = seconds(2);

/** Throws `cli.usage`. */
function wishesOf({ values }: Call): ScanWishes {
  const { protocol, units, bauds, timeout } = values;
  const chosen = WIRE_PROTOCOLS.filter((known) => protocol === undefined || known === protocol);
  if (chosen.length === 0)
    throw usage('scan', `--protocol takes one of ${WIRE_PROTOCOLS.join(', ')}, not "${protocol}"`);
  const numbers = numbersIn(String(units ?? `1..${HIGHEST_UNIT}`), 0, 255);
  if (numbers === undefined)
    throw usage('scan', `--units takes numbers like 1..32 or 1,5,9, not "${units}"`);
  const rates = bauds === undefined ? undefined : numbersIn(String(bauds), 300, 4_000_000);
  if (bauds !== undefined && rates === undefined)
    throw usage('scan', `--bauds takes numbers like 9600,2400, not "${bauds}"`);
  const wait = timeout === undefined ? undefined : amountsOf(DURATION).amountOf(String(timeout));
  if (wait !== undefined && !(wait > 0))
    throw usage('scan', `--timeout takes a duration like 300ms, not "${timeout}"`);
  return {
    protocols: chosen,
    units: numbers,
    bauds: rates,
    timeout: wait === undefined ? undefined : millis(wait),
  };
}

function stagesOf({ transport, ascii }: BusUrl, wishes: ScanWishes, isAll: boolean) {
  if (transport.kind !== 'tcp') return wireStages(wishes, ascii ? 'ascii' : 'rtu');
  const units = isAll ? [...new Set([...NETWORK_UNITS, ...wishes.units])] : wishes.units;
  return [networkStage({ ...wishes, units })];
}

export interface ScanTask {
  readonly bus: BusUrl;
  readonly wishes: ScanWishes;
  readonly profiles: readonly Profile[];
}

/** Listens, scans and looks for profiles; an aborted signal ends it with what there is. */
export async function scanBus(
  call: Pick<Call, 'clock' | 'signal' | 'note' | 'language' | 'values'>,
  field: FieldCall,
  { bus, wishes, profiles }: ScanTask,
): Promise<ScanReport> {
  const { clock, signal, note, language } = call;
  const { line } = field;
  const stages = stagesOf(bus, wishes, call.values.units === undefined);
  note(estimate(stages, language));
  const found: FoundDevice[] = [];
  const proposals = new Map<FoundDevice, readonly Proposal[]>();
  let result: ScanResult = { found, garbled: [], isFixed: false, isAnyUnit: false };
  let strangers = 0;
  try {
    strangers = bus.transport.kind === 'tcp' ? 0 : await strangersOn(field, call);
    const parts = {
      line,
      clock,
      framing: bus.transport.kind === 'tcp' ? 'packets' : bus.ascii ? 'ascii' : 'rtu',
      stages,
      onStage: (stage: ScanStage, rest: readonly ScanStage[]) => note(progress(stage, rest)),
      onFound(device: FoundDevice) {
        found.push(device);
        note(foundLine(device, language));
      },
    } as const;
    result = await scan(parts, signal);
    for (const device of result.found) {
      if (device.settings) await field.tune(device.settings);
      proposals.set(device, await proposalsFor(field, device, profiles));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return { ...result, strangers, proposals, isComplete: !signal.aborted };
}

/** Frames that go over the line by themselves. */
async function strangersOn(
  { line }: FieldCall,
  { clock, signal }: Pick<Call, 'clock' | 'signal'>,
): Promise<number> {
  const request = new Uint8Array();
  const recording = await record({ line, clock, request, listen: LISTENING }, signal);
  return listenedOf(recording, undefined, framesOfAny).frames;
}

const total = (stages: readonly ScanStage[]): number =>
  stages.reduce((sum, stage) => sum + stageTime(stage), 0);

function estimate(stages: readonly ScanStage[], language: Call['language']): string {
  const quick = lasting(total(stages.filter(({ isRest }) => !isRest)));
  const all = lasting(total(stages));
  return language === 'zh'
    ? `常见的设备约 ${quick} 内找到，全部尝试最多约 ${all}；Ctrl-C 结束并打印已发现的设备`
    : `the usual places take about ${quick}, all of them ${all} at most; Ctrl-C ends it with what was found`;
}

/** `modbus 9600 8N1 1..10 · 2 min 5 s` */
function progress(stage: ScanStage, rest: readonly ScanStage[]): string {
  const { protocol, settings, questions } = stage;
  const units = new Set(questions.map(({ question }) => question.unit));
  const [first = ''] = units;
  const range = units.size > 1 ? `${first}..${[...units].at(-1)}` : first;
  const at = settings ? ` ${settingsText(settings)}` : '';
  return `${protocol}${at} ${range} · ${lasting(total([stage, ...rest]))}`;
}

function print(call: Call, bus: BusUrl, report: ScanReport): void {
  const { language } = call;
  if (call.values.json) {
    call.print(JSON.stringify(plain(report)));
    return;
  }
  for (const remark of remarks(report, language)) call.note(remark);
  for (const device of report.found) {
    call.note(foundLine(device, language));
    for (const { profile, values } of report.proposals.get(device) ?? [])
      call.note(`  ${profile.id} · ${profile.name[language]} · ${values.join(', ')}`);
  }
  if (report.found.length > 0) call.print(siteYaml(report, bus.transport));
}

const plain = ({ found, garbled, proposals, ...rest }: ScanReport) => ({
  ...rest,
  garbled,
  found: found.map((device) => ({
    ...device,
    profiles: (proposals.get(device) ?? []).map(({ profile, points, values }) => ({
      id: profile.id,
      points,
      values,
    })),
  })),
});
