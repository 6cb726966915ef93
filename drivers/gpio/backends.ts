/** Which backend a site gets; each is loaded only when it is the one. */
import { existsSync } from 'node:fs';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { MakeBackend } from './link.ts';
import { programPath } from './tools.ts';

/** The old interface of the kernel; Raspberry Pi OS no longer has it. */
const SYSFS = '/sys/class/gpio';
/** Where a simulated board listens when the site does not say. */
const BOARD = 'HEADGATE_GPIO_BOARD';

/** A backend that is not open yet. Rejects with `gpio.unavailable` when there is no way to any pin. */
export const makeBackend: MakeBackend = async ({ chip, backend }, clock, onLost) => {
  switch (backend === 'auto' ? foundBackend() : backend) {
    case 'simulated': {
      const { simulatedBackend } = await import('./simulated-backend.ts');
      const path = chip ?? process.env[BOARD];
      if (path === undefined) throw unavailable(`${BOARD} does not say where the board is`);
      return simulatedBackend(path.replace(/^unix:/, ''), clock, onLost);
    }
    case 'gpiod': {
      const { gpiodBackend } = await import('./gpiod-backend.ts');
      return gpiodBackend({ chip, clock });
    }
    case 'sysfs': {
      const { sysfsBackend } = await import('./sysfs-backend.ts');
      return sysfsBackend({ chip, clock });
    }
    default:
      throw unavailable(`no gpiod tools are installed, and there is no ${SYSFS}`);
  }
};

function foundBackend(): 'gpiod' | 'sysfs' | undefined {
  if (programPath('gpiodetect', process.env) !== undefined) return 'gpiod';
  return existsSync(SYSFS) ? 'sysfs' : undefined;
}

const unavailable = (reason: string) => new GatewayError('gpio.unavailable', { reason });
