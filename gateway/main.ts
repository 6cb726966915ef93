/** The command line: arguments in, exit code out. 0 done · 1 the answer is no · 2 wrong usage. */
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { commandLine, type VerbEntry } from './cli/command-line.ts';
import { systemClock } from './host/clock.ts';
import { languageOf } from './host/language.ts';

/** Each verb is loaded when it is called: `status` does not pay for what `run` needs. */
const VERBS: Readonly<Record<string, VerbEntry>> = {
  run: {
    summary: { en: 'run the gateway of a site', zh: '运行站点的网关' },
    load: async () => (await import('./cli/run.ts')).runVerb,
  },
  demo: {
    summary: {
      en: 'a simulated site with its own broker, and a delivery summary',
      zh: '模拟站点与内置代理，结束时打印送达统计',
    },
    load: async () => (await import('./cli/demo.ts')).demoVerb,
  },
  init: {
    summary: { en: 'a new site, written from a kit', zh: '由模板套件生成新站点' },
    load: async () => (await import('./cli/init/init.ts')).initVerb,
  },
  check: {
    summary: {
      en: "every problem of a site's configuration at once",
      zh: '一次列出站点配置的所有问题',
    },
    load: async () => (await import('./cli/check.ts')).checkVerb,
  },
  rules: {
    summary: {
      en: "run the tests that stand in a site's rules",
      zh: '运行站点规则中的测试',
    },
    load: async () => (await import('./cli/rules/rules.ts')).rulesVerb,
  },
  plan: {
    summary: {
      en: 'the exact requests of a site, how long they take and the load of each bus',
      zh: '站点的准确请求帧、耗时与各总线负载',
    },
    load: async () => (await import('./cli/plan/plan.ts')).planVerb,
  },
  read: {
    summary: {
      en: 'read one address of one device, without a site',
      zh: '无需站点，读取设备的一个地址',
    },
    load: async () => (await import('./cli/read/read.ts')).readVerb,
  },
  write: {
    summary: {
      en: 'write a tag of the running gateway, or without a site one value to one device',
      zh: '写入正在运行的网关的点；或无需站点，向设备写入一个值',
    },
    load: async () => (await import('./cli/write/write.ts')).writeVerb,
  },
  decode: {
    summary: {
      en: 'explain the bytes of a frame',
      zh: '解释报文的每个字节',
    },
    load: async () => (await import('./cli/decode/decode.ts')).decodeVerb,
  },
  import: {
    summary: {
      en: 'a table of points from a spreadsheet, as the YAML of a device',
      zh: '把电子表格点表转换为设备 YAML',
    },
    load: async () => (await import('./cli/import.ts')).importVerb,
  },
  'new-profile': {
    summary: {
      en: "a profile of a device from its maker's list of registers",
      zh: '由厂家寄存器表生成设备模板',
    },
    load: async () => (await import('./cli/new-profile/new-profile.ts')).newProfileVerb,
  },
  export: {
    summary: {
      en: 'what the journal of a site holds, as NDJSON or CSV',
      zh: '将站点日志库的内容导出为 NDJSON 或 CSV',
    },
    load: async () => (await import('./cli/chain/export.ts')).exportVerb,
  },
  verify: {
    summary: {
      en: 'prove that a journal or an export is complete and unchanged',
      zh: '校验日志库或导出文件是否完整、未被更改',
    },
    load: async () => (await import('./cli/chain/verify.ts')).verifyVerb,
  },
  receive: {
    summary: {
      en: 'receive what gateways publish: into files, SQLite or PostgreSQL',
      zh: '接收网关发布的数据，存入文件、SQLite 或 PostgreSQL',
    },
    load: async () => (await import('./cli/receive/receive.ts')).receiveVerb,
  },
  status: {
    summary: { en: 'what the running gateway is doing', zh: '正在运行的网关的状态' },
    load: async () => (await import('./cli/status.ts')).statusVerb,
  },
  commands: {
    summary: {
      en: 'what can be written, who has a say about it, and the last commands',
      zh: '可写的点、各由谁控制，以及最近的命令',
    },
    load: async () => (await import('./cli/commands/commands.ts')).commandsVerb,
  },
  alarms: {
    summary: {
      en: 'the alarms that stand, and acknowledging them',
      zh: '查看并确认未消除的报警',
    },
    load: async () => (await import('./cli/alarms/alarms.ts')).alarmsVerb,
  },
  why: {
    summary: {
      en: 'why a rule, an alarm or a tag is as it is',
      zh: '解释规则、报警或点的当前状态',
    },
    load: async () => (await import('./cli/why/why.ts')).whyVerb,
  },
  trend: {
    summary: { en: 'plot tags over time', zh: '绘制点随时间的变化' },
    load: async () => (await import('./cli/trend/trend.ts')).trendVerb,
  },
  swap: {
    summary: {
      en: 'tell the running gateway that a meter was replaced or reset',
      zh: '告知正在运行的网关：某只表已更换或清零',
    },
    load: async () => (await import('./cli/swap.ts')).swapVerb,
  },
  resend: {
    summary: {
      en: 'send again what the uplinks of a running gateway have set aside',
      zh: '重新发送正在运行的网关各上行搁置的块',
    },
    load: async () => (await import('./cli/resend.ts')).resendVerb,
  },
  record: {
    summary: {
      en: 'what went over a bus, as a file for Wireshark',
      zh: '将总线上的收发数据写成 Wireshark 文件',
    },
    load: async () => (await import('./cli/record.ts')).recordVerb,
  },
  browse: {
    summary: {
      en: 'what an OPC UA server has, as a tree or as YAML',
      zh: 'OPC UA 服务器的内容：树形或 YAML',
    },
    load: async () => (await import('./cli/browse/browse.ts')).browseVerb,
  },
  scan: {
    summary: {
      en: 'find the devices on a bus, propose profiles, print YAML',
      zh: '查找总线上的设备，给出模板和 YAML',
    },
    load: async () => (await import('./cli/scan/scan.ts')).scanVerb,
  },
  doctor: {
    summary: {
      en: 'why a bus or a site does not work, and the next physical step',
      zh: '总线或站点为何不通，以及下一步该做什么',
    },
    load: async () => (await import('./cli/doctor/doctor.ts')).doctorVerb,
  },
  certificate: {
    summary: {
      en: 'the certificate by which OPC UA servers know this gateway',
      zh: 'OPC UA 服务器识别本网关所用的证书',
    },
    load: async () => (await import('./cli/trust/certificate.ts')).certificateVerb,
  },
  trust: {
    summary: {
      en: 'which OPC UA servers are trusted, by their fingerprints',
      zh: '按指纹管理受信任的 OPC UA 服务器',
    },
    load: async () => (await import('./cli/trust/trust.ts')).trustVerb,
  },
  keys: {
    summary: {
      en: 'a key pair for an operator who commands from upstream',
      zh: '为从上行下发命令的操作员生成密钥对',
    },
    load: async () => (await import('./cli/operator/keys.ts')).keysVerb,
  },
  sign: {
    summary: {
      en: 'sign a command with the key of an operator',
      zh: '用操作员的密钥签名命令',
    },
    load: async () => (await import('./cli/operator/sign.ts')).signVerb,
  },
  outputs: {
    summary: {
      en: 'drive the outputs of a gateway that died to their states at stop',
      zh: '将异常退出的网关的输出驱动到停止状态',
    },
    load: async () => (await import('./cli/outputs.ts')).outputsVerb,
  },
  sim: {
    summary: { en: 'only the simulated field of a site', zh: '只运行站点的模拟现场' },
    load: async () => (await import('./cli/sim.ts')).simVerb,
  },
};

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
/** Whoever read what is printed has seen enough: `headgate plan | head`. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  stop.abort();
});

process.exitCode = await commandLine(VERBS, process.argv.slice(2), {
  language: languageOf(process.env),
  clock: systemClock(),
  signal: stop.signal,
  input: () => text(process.stdin),
  ask,
  confirm,
  print: (line) => process.stdout.write(`${line}\n`),
  note: (line) => process.stderr.write(`${line}\n`),
});

async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(`${question} `, { signal: stop.signal });
  } finally {
    terminal.close();
  }
}

async function confirm(question: string): Promise<boolean> {
  const answer = await ask(question);
  return answer !== undefined && /^(y|yes|是)$/i.test(answer.trim());
}
