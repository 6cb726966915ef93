/**
 * A supervising platform of HJ 212 as the adversary: acknowledges, loses and repeats acknowledgements, dies in the middle,
 * asks, and sends garbage. It has a parser and a check sum of its own, and takes nothing that is not exactly right.
 */
import type { Socket } from 'node:net';
import { type Listener, listen, reset } from './listener.ts';

/** A packet that came in and was right from the first byte to the last. */
export interface Received {
  readonly qn: string;
  readonly st: string;
  readonly cn: string;
  readonly pw: string;
  readonly mn: string;
  readonly flag: number;
  readonly pnum: number | undefined;
  readonly pno: number | undefined;
  /** What stands between the double ampersands. */
  readonly cp: string;
  readonly dataTime: string | undefined;
  /** `w01018-Avg` → `35.2` */
  readonly values: ReadonlyMap<string, string>;
}

export interface Hj212Platform {
  readonly port: number;
  /** All packets, repeats included, in order. */
  readonly received: readonly Received[];
  /** Bytes that were no packet: there should be none. */
  readonly strange: readonly string[];
  /** Connections so far. */
  readonly connections: number;
  /** The last packet that wanted an acknowledgement gets none. */
  readonly isSilent: boolean;
  /**
   * How many acknowledgements a packet gets; one unless told. `die`: the connection is reset and the packet forgotten;
   * `forget`: so is the packet, and the one before is acknowledged once more.
   */
  answers: (packet: Received, index: number) => number | 'die' | 'forget' | 'refuse';
  /** Sends bytes as they are on the newest connection. */
  send(text: string): void;
  /** A request with a QN of its own, which comes back. */
  ask(cn: string, cp?: string, set?: Partial<Asked>): string;
  /** The newest connection is not read any more. */
  pause(): void;
  /** Resets every connection and stops listening, and listens again on the same port. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  stop(): Promise<void>;
}

export interface Asked {
  readonly qn: string;
  readonly st: string;
  readonly pw: string;
  readonly mn: string;
  readonly flag: string;
}

const LONGEST_SEGMENT = 1_024;

/** One line of the annex: the sum of a text, most significant half thrown away at each byte. */
export function sumOf(text: string): string {
  let register = 0xffff;
  for (const character of text) {
    register = Math.floor(register / 256) ^ character.charCodeAt(0);
    for (let step = 0; step < 8; step++) {
      const isOdd = register % 2 === 1;
      register = Math.floor(register / 2);
      if (isOdd) register ^= 0xa001;
    }
  }
  return register.toString(16).toUpperCase().padStart(4, '0');
}

export const framed = (segment: string): string =>
  `##${String(segment.length).padStart(4, '0')}${segment}${sumOf(segment)}\r\n`;

export async function startHj212Platform(
  logger: Pick<Asked, 'st' | 'pw' | 'mn'>,
): Promise<Hj212Platform> {
  const received: Received[] = [];
  const strange: string[] = [];
  const sockets: Socket[] = [];
  let connections = 0;
  let asked = 0;
  let isSilent = false;
  let answered = -1;
  let before = '';
  let answers: Hj212Platform['answers'] = () => 1;
  const onPacket = (socket: Socket, packet: Received) => {
    received.push(packet);
    if (packet.flag % 2 === 0 || packet.cn.startsWith('9')) return;
    const many = answers(packet, ++answered);
    isSilent = many === 0 || many === 'forget';
    if (many === 'die' || many === 'forget') received.pop();
    const part = packet.pno === undefined ? '' : `PNUM=${packet.pnum};PNO=${packet.pno};`;
    const head = `QN=${packet.qn};ST=91;CN=9014;PW=${packet.pw};MN=${packet.mn};Flag=4;${part}`;
    if (many === 'die') reset(socket);
    else if (many === 'forget') socket.write(before);
    else if (many === 'refuse') socket.write(framed(`${head}CP=&&QnRtn=3&&`));
    else {
      before = framed(`${head}CP=&&&&`);
      for (let i = 0; i < many; i++) socket.write(before);
    }
  };
  const onSocket = (socket: Socket) => {
    connections++;
    sockets.push(socket);
    let text = '';
    socket.on('data', (bytes) => {
      text = taken(text + bytes.toString('latin1'), strange, (packet) => onPacket(socket, packet));
    });
  };
  let listener: Listener | undefined = await listen({}, onSocket);
  const { port } = listener;
  const send = (text: string) => void sockets.at(-1)?.write(Buffer.from(text, 'latin1'));
  const cut = async () => {
    const open = listener;
    listener = undefined;
    await open?.stop();
  };
  return {
    port,
    received,
    strange,
    get connections() {
      return connections;
    },
    get isSilent() {
      return isSilent;
    },
    get answers() {
      return answers;
    },
    set answers(wanted) {
      answers = wanted;
    },
    send,
    ask(cn, cp = '', set = {}) {
      const qn = `20990101${String(++asked).padStart(9, '0')}`;
      const all = { qn, ...logger, flag: '5', ...set };
      send(
        framed(
          `QN=${all.qn};ST=${all.st};CN=${cn};PW=${all.pw};MN=${all.mn};Flag=${all.flag};CP=&&${cp}&&`,
        ),
      );
      return all.qn;
    },
    pause() {
      sockets.at(-1)?.pause();
      isSilent = true;
    },
    cut,
    async restore() {
      listener ??= await listen({ port }, onSocket);
    },
    stop: cut,
  };
}

/** Takes whole packets off the front; what stands before, between or inside them that is not right is told. */
function taken(text: string, strange: string[], take: (packet: Received) => void): string {
  let rest = text;
  for (;;) {
    const head = /^##(\d{4})/.exec(rest);
    const size = Number(head?.[1]);
    if (!head) {
      if (rest.length >= 6) strange.push(rest);
      return rest.length >= 6 ? '' : rest;
    }
    if (rest.length < 6 + size + 6) return rest;
    const segment = rest.slice(6, 6 + size);
    const tail = rest.slice(6 + size, 12 + size);
    const packet = packetIn(segment);
    if (size > LONGEST_SEGMENT || tail !== `${sumOf(segment)}\r\n` || !packet)
      strange.push(rest.slice(0, 12 + size));
    else take(packet);
    rest = rest.slice(12 + size);
  }
}

const SEGMENT =
  /^(?:QN=(\d{17});)?ST=(\d\d);CN=(\d{4});PW=([^;]*);MN=([^;]*);Flag=(\d+);(?:PNUM=(\d+);PNO=(\d+);)?CP=&&([^&]*)&&$/;

function packetIn(segment: string): Received | undefined {
  const match = SEGMENT.exec(segment);
  if (!match) return undefined;
  const [, qn = '', st = '', cn = '', pw = '', mn = '', flag, pnum, pno, cp = ''] = match;
  const values = new Map(
    cp.split(/[;,]/).flatMap((one) => {
      const [, key, value] = /^([^=]+)=(.*)$/.exec(one) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value] as const];
    }),
  );
  return {
    ...{ qn, st, cn, pw, mn, cp, values },
    flag: Number(flag),
    pnum: pnum === undefined ? undefined : Number(pnum),
    pno: pno === undefined ? undefined : Number(pno),
    dataTime: values.get('DataTime'),
  };
}
