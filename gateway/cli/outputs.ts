import type { Site } from '../../config/site.ts';
import type { PinAddress } from '../../drivers/gpio/address.ts';
import type { SafeOutput } from '../../drivers/gpio/safe-outputs.ts';
import { ask, socketPath } from '../health/control-socket.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import { requireSite, sitePath } from './load-site.ts';
import type { Call, Verb } from './verb.ts';

export const outputsVerb: Verb = {
  usage: 'headgate outputs safe [site]',
  about: {
    en: 'Drives the outputs of a site to their at_stop states, for a gateway that died and cannot do it any more; the service manager calls it behind every stop. A running gateway is left alone. Whether a pin keeps its level afterwards is up to the board: a relay that has to be off needs a pull resistor.',
    zh: '将站点的输出驱动到 at_stop 状态，用于网关异常退出后；服务管理器在每次停止后调用。网关正在运行时不做任何操作。之后引脚是否保持电平取决于主板：必须断开的继电器需要下拉或上拉电阻。',
  },
  options: {
    json: { type: 'boolean', help: { en: 'the outcome as JSON', zh: '以 JSON 输出结果' } },
  },
  examples: [
    [
      'headgate outputs safe /etc/headgate',
      { en: 'as systemd calls it', zh: 'systemd 的调用方式' },
    ],
  ],
  async run(call) {
    if (call.positionals[0] !== 'safe')
      throw new GatewayError('cli.usage', { verb: 'outputs', problem: 'say safe' });
    const site = await requireSite(call, sitePath(call, 1));
    await refuseRunning(site, call);
    const outputs = await driveAll(site, call);
    if (call.values.json) call.print(JSON.stringify(outputs.map(plainOf)));
    else for (const output of outputs) call.print(lineOf(output));
    return outputs.some(({ error }) => error !== undefined) ? 1 : 0;
  },
};

const plainOf = ({ tag, isOn, error }: SafeOutput) =>
  error === undefined ? { tag, isOn } : { tag, isOn, error: reasonOf(error) };

const lineOf = ({ tag, isOn, error }: SafeOutput): string =>
  `${tag}: ${error === undefined ? (isOn ? 'on' : 'off') : reasonOf(error)}`;

async function driveAll(site: Site, { clock }: Call): Promise<readonly SafeOutput[]> {
  const { driveSafe } = await import('../../drivers/gpio/safe-outputs.ts');
  const { makeBackend } = await import('../../drivers/gpio/backends.ts');
  const driven: SafeOutput[] = [];
  for (const { name, transport } of site.buses) {
    if (transport.kind !== 'gpio') continue;
    const tags = site.devices
      .filter((device) => device.bus === name)
      .flatMap((device) => device.tags)
      .map(({ tag, address }) => ({ id: tag.id, address: address as PinAddress }));
    driven.push(...(await driveSafe(transport, tags, clock, makeBackend)));
  }
  return driven;
}

/** Throws `gpio.gateway-running` when the outputs are the running gateway's. */
async function refuseRunning(site: Site, { clock }: Call): Promise<void> {
  const path = socketPath(site.journal.path);
  const isRunning = await ask(path, 'status', clock).then(
    () => true,
    () => false,
  );
  if (isRunning) throw new GatewayError('gpio.gateway-running', { path });
}
