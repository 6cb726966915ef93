/** A site in a folder, and its control socket, which answers as a test wants it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answers, ControlSocket, socketPath } from '../../gateway/health/control-socket.ts';

export interface AnsweringGateway {
  /** The site, for the command line. */
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** Times are those of UTC. Undefined `answers`: nobody listens. */
export async function answeringGateway(answers: Answers | undefined): Promise<AnsweringGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-'));
  await writeFile(
    join(folder, 'gateway.yaml'),
    'gateway: { id: a, timezone: UTC }\njournal: { path: j.db }\n',
  );
  const socket = answers && new ControlSocket(socketPath(join(folder, 'j.db')), answers);
  await socket?.open();
  return {
    folder,
    async close() {
      await socket?.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
