/** The site of the guide of the journal with a simulated press, and `headgate` called on it as a person calls it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { createDevice } from '../../firmware-sim/device.ts';
import { serveModbusTcp } from '../../firmware-sim/modbus-tcp-server.ts';
import { createImage, definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import type { Language } from '../../gateway/model/errors.ts';

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'headgate.mjs');
const SHOW_EVERY_MS = 100;
const PLC = '192.168.1.10:502';
const BROKER = '192.168.1.2:1883';

export interface Press {
  readonly port: number;
  stop(): Promise<void>;
}

/** Its oil is heated and cools, between 54 and 70 °C, once in 31 s. */
export async function startPress(): Promise<Press> {
  const points = [
    definePoint({ name: 'oil_temp', table: 'holding', address: 100, type: 'float32' }),
    definePoint({ name: 'pump', table: 'coil', address: 5, type: 'bool' }),
  ];
  const image = createImage(points, () => 0);
  const began = performance.now();
  const show = () => {
    const seconds = (performance.now() - began) / 1000;
    image.set('oil_temp', Math.round((62 + 8 * Math.sin(seconds / 5)) * 10) / 10);
  };
  show();
  const timer = setInterval(show, SHOW_EVERY_MS);
  const device = createDevice({ name: 'press', unit: 1, image });
  const place = { host: '127.0.0.1', port: 0, devices: [device] };
  const server = await serveModbusTcp(place, systemClock());
  return {
    port: server.port,
    async stop() {
      clearInterval(timer);
      await server.stop();
    },
  };
}

/** Where the site of the guide really is. */
export interface GuidePlace {
  readonly press: Press;
  /** `127.0.0.1:1883`. */
  readonly broker: string;
}

/** The YAML of the guide with the addresses of a trial. */
export const siteAt = (yaml: string, { press, broker }: GuidePlace): string =>
  yaml.replace(PLC, `127.0.0.1:${press.port}`).replace(BROKER, broker);

export interface GuideLine {
  readonly line: string;
  /** The folder of the site, `./my-site` of the line; the line is given where its parent is. */
  readonly folder: string;
  readonly language: Language;
  readonly environment?: NodeJS.ProcessEnv;
}

/** What a line of the guide prints, with the addresses and folders of the guide. */
export function printed(asked: GuideLine, place?: GuidePlace): Promise<string> {
  const { line, folder, language, environment } = asked;
  const words = line
    .split(' ')
    .slice(1)
    .map((word) => (word === './my-site' ? folder : word));
  const options = { cwd: folder, env: { ...process.env, HEADGATE_LANG: language, ...environment } };
  return new Promise((resolve) =>
    execFile(process.execPath, [LAUNCHER, ...words], options, (_error, stdout, stderr) => {
      const text = (stdout + stderr).trimEnd().replaceAll(folder, '/home/li/my-site');
      resolve(
        place
          ? text.replaceAll(`127.0.0.1:${place.press.port}`, PLC).replaceAll(place.broker, BROKER)
          : text,
      );
    }),
  );
}
