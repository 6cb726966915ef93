/** `headgate plan`: what goes over each bus, how long it takes, and whether there is time for it. */
import type { Group } from '../../../drivers/driver.ts';
import { duration } from '../../host/schema.ts';
import { GatewayError } from '../../model/errors.ts';
import { type Millis, millis } from '../../model/units.ts';
import { ASSUMED_TURNAROUND } from '../../poll/load.ts';
import { requireSite, sitePath } from '../load-site.ts';
import type { Call, Verb } from '../verb.ts';
import { readFrames } from './captured-frames.ts';
import { opcuaFields, planOpcua, renderOpcua } from './plan-opcua.ts';
import { type BusPlan, planSite } from './plan-site.ts';
import { type Frames, overloadsOf, PLAN_FITS, planFields, renderPlan } from './plan-view.ts';

export const planVerb: Verb = {
  usage: 'headgate plan [site] [--turnaround 20ms] [--json]',
  about: {
    en: "Prints the requests of each bus in their order, as the exact bytes that go over the wire, how long each takes and what load that makes. The time of a request is computed: its characters at the bus's baud rate, the silence before it, and the turn-around of the device (20ms is assumed). Cycles that cannot be kept are refused with exit code 1: the bus, the devices that cost most, and the nearest scan that works. Of an OPC UA server the subscriptions are shown, and how many changes they can bring. Connects to nothing.",
    zh: '按顺序列出每条总线上的请求（线上的准确字节）、每次请求的耗时以及总线负载。耗时按波特率、字符数、帧前静默和设备响应时间（默认 20ms）计算。无法满足的周期会被拒绝，退出码为 1，并指出总线、占用最多的设备和最接近的可行周期。OPC UA 服务器显示其订阅及可能的变化数。不连接任何设备。',
  },
  options: {
    turnaround: {
      type: 'string',
      placeholder: 'duration',
      help: {
        en: 'assumed from the end of a request to the begin of its answer (20ms)',
        zh: '请求结束到应答开始的假定时间（默认 20ms）',
      },
    },
    json: {
      type: 'boolean',
      help: { en: 'the plan as one JSON object', zh: '以一个 JSON 对象输出' },
    },
  },
  examples: [
    ['headgate plan ./my-site', { en: 'before it runs', zh: '运行之前查看' }],
    ['headgate plan ./my-site --turnaround 80ms', { en: 'with slow meters', zh: '设备响应较慢时' }],
  ],
  async run(call) {
    const turnaround = turnaroundOption(call);
    const path = sitePath(call);
    const site = await requireSite(call, path);
    const buses = planSite(site, call.clock, turnaround);
    const servers = planOpcua(site);
    const frames = await framesOf(buses, call);
    const overloads = overloadsOf(buses);
    const ok = overloads.length === 0;
    if (call.values.json) {
      const fields = [
        ...buses.map((bus) => planFields(bus, frames)),
        ...servers.map((server) => opcuaFields(server)),
      ];
      call.print(JSON.stringify({ ok, site: path, turnaround_ms: turnaround, buses: fields }));
      return ok ? 0 : 1;
    }
    const blocks = [
      ...buses.map((bus) => renderPlan(bus, frames, call.language)),
      ...servers.map((server) => renderOpcua(server, call.language)),
    ];
    call.print(blocks.join('\n\n'));
    for (const error of overloads)
      call.note(`\n${error.describe(call.language)}\n  → ${error.hint(call.language)}`);
    if (ok) call.print(`\n${PLAN_FITS[call.language]}`);
    return ok ? 0 : 1;
  },
};

function turnaroundOption(call: Call): Millis {
  const written = call.values.turnaround;
  if (written === undefined) return ASSUMED_TURNAROUND;
  const parsed = duration({ max: '60s' }).parse(written);
  if (parsed.ok) return millis(parsed.value);
  throw new GatewayError('cli.usage', {
    verb: 'plan',
    problem: `--turnaround takes a time with its unit, 20ms, not "${written}"`,
  });
}

async function framesOf(buses: readonly BusPlan[], { clock }: Call): Promise<Frames> {
  const frames = new Map<Group, Uint8Array>();
  for (const { device, groups, ...rest } of buses.flatMap(({ devices }) => devices)) {
    const caught = await readFrames({ ...rest, options: device.options }, groups, clock);
    for (const [i, group] of groups.entries()) {
      const frame = caught[i];
      if (frame) frames.set(group, frame);
    }
  }
  return frames;
}
