/** All drivers at once, for tools that may need any of them. A running gateway loads only its own. */
import { type Drivers, loadDrivers, PROTOCOLS } from './registry.ts';

export const DRIVERS: Drivers = await loadDrivers(PROTOCOLS);
