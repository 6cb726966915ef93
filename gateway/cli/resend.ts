import { ask } from '../health/control-socket.ts';
import type { ResendAnswer, ResendQuestion } from '../health/resend.ts';
import { GatewayError } from '../model/errors.ts';
import { askedGateway, sitePath } from './load-site.ts';
import type { Verb, Words } from './verb.ts';

export const resendVerb: Verb = {
  usage: 'headgate resend [site] [--uplink <name>] [--json]',
  about: {
    en: 'Tells the running gateway of a site to try once more what its uplinks have set aside: blocks that a broker refused, or at which it hung up, again and again while it took others. "headgate status" names them. What it still does not take is set aside again. Exit code 1 when no uplink has anything set aside.',
    zh: '让站点正在运行的网关重新发送上行搁置的块：服务器在接收其他块的同时反复拒绝、或每次都因其断开连接的块。“headgate status” 会列出它们。仍不被接收的块会再次搁置。没有搁置的块时退出码为 1。',
  },
  options: {
    uplink: {
      type: 'string',
      placeholder: 'name',
      help: { en: 'only those of this uplink', zh: '仅限该上行' },
    },
    json: { type: 'boolean', help: { en: 'the answer as JSON', zh: '以 JSON 输出' } },
  },
  examples: [
    [
      'headgate resend ./my-site --uplink cloud',
      { en: 'the broker takes larger messages now', zh: '服务器现已允许更大的消息' },
    ],
  ],
  async run(call) {
    const uplink = call.values.uplink === undefined ? undefined : String(call.values.uplink);
    const { socket } = await askedGateway(call, sitePath(call));
    const question: ResendQuestion = { uplink };
    const answer = (await ask(socket, 'resend', call.clock, question)) as ResendAnswer;
    if (uplink !== undefined && answer.uplinks.length === 0)
      throw new GatewayError('cli.usage', {
        verb: 'resend',
        problem: `no uplink ${uplink}; there are: ${answer.known.join(', ') || '—'}`,
      });
    const lines = answer.uplinks.map(
      ({ uplink: name, blocks }): Words => ({
        en: `${name}: ${blocks} blocks are sent again`,
        zh: `${name}：重新发送 ${blocks} 个块`,
      }),
    );
    call.print(
      call.values.json
        ? JSON.stringify({ uplinks: answer.uplinks })
        : lines.map((line) => line[call.language]).join('\n'),
    );
    return answer.uplinks.some(({ blocks }) => blocks > 0) ? 0 : 1;
  },
};
