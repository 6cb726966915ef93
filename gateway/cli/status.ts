import type { CommandFacts } from '../command/command-answers.ts';
import type { Gateway } from '../gateway.ts';
import { ask } from '../health/control-socket.ts';
import type { SeenTag } from '../health/image-answer.ts';
import { askedGateway, sitePath } from './load-site.ts';
import { renderStatus } from './status-view.ts';
import { renderTags } from './tags-view.ts';
import type { Verb } from './verb.ts';

/** Of a gateway that lets nothing be written there are no commands. */
export type GatewayStatus = Omit<Awaited<ReturnType<Gateway['status']>>, 'commands'> & {
  readonly commands?: CommandFacts;
};

export const statusVerb: Verb = {
  usage: 'headgate status [site] [--tags]',
  about: {
    en: 'Asks the running gateway of a site, over its local socket, what it is doing: each bus and device, the journal, the uplinks. With --tags, what it sees: the latest value of every tag, its quality and its age.',
    zh: '通过本地套接字查询站点正在运行的网关：各总线与设备、日志库和上行连接的状态。加 --tags 则列出每个测点的最新值、质量和时效。',
  },
  options: {
    json: { type: 'boolean', help: { en: 'everything, as JSON', zh: '以 JSON 输出全部内容' } },
    tags: {
      type: 'boolean',
      help: {
        en: 'the latest value of every tag instead, also as JSON',
        zh: '改为列出每个测点的最新值，也可用 JSON',
      },
    },
    metrics: {
      type: 'boolean',
      help: {
        en: 'the counters, in the Prometheus text format',
        zh: '以 Prometheus 文本格式输出计数器',
      },
    },
  },
  examples: [
    [
      'headgate status ./my-site',
      { en: 'the gateway that runs this site', zh: '运行该站点的网关' },
    ],
    [
      'headgate status ./my-site --tags',
      { en: 'what it sees of the field now', zh: '网关当前看到的现场数值' },
    ],
    ['headgate status ./my-site --json', { en: 'for a script', zh: '供脚本使用' }],
  ],
  async run(call) {
    const { socket: path } = await askedGateway(call, sitePath(call));
    if (call.values.metrics) {
      call.print(String(await ask(path, 'metrics', call.clock)).trimEnd());
      return 0;
    }
    if (call.values.tags) {
      const seen = (await ask(path, 'image', call.clock)) as readonly SeenTag[];
      call.print(
        call.values.json ? JSON.stringify(seen) : renderTags(seen, call.clock.utc(), call.language),
      );
      return 0;
    }
    const status = (await ask(path, 'status', call.clock)) as GatewayStatus;
    call.print(call.values.json ? JSON.stringify(status) : renderStatus(status, call.language));
    return 0;
  },
};
