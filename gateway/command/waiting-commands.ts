/** The commands of one tag that have not acted yet. */
import type { MonoMs } from '../model/units.ts';
import { type Claims, rankOf } from './arbiter.ts';
import { isClaiming, isOver, isSafe, type OpenCommand } from './open-command.ts';

export class WaitingCommands {
  #commands: readonly OpenCommand[] = [];

  /** In the order in which they are tried: the highest first, and the earlier before the later. */
  get ranked(): readonly OpenCommand[] {
    return this.#commands.toSorted(
      (a, b) => rankOf(a.command.origin) - rankOf(b.command.origin) || a.order - b.order,
    );
  }

  get isEmpty(): boolean {
    return this.#commands.length === 0;
  }

  /** Those that wait for their turn without a claim: of others there is one an origin at most. */
  get queued(): number {
    return this.#commands.filter((command) => !isClaiming(command) && !isSafe(command)).length;
  }

  add(command: OpenCommand): void {
    this.#commands = [...this.#commands, command];
  }

  /** Whether it was there. */
  drop(command: OpenCommand): boolean {
    const before = this.#commands.length;
    this.#commands = this.#commands.filter((one) => one !== command);
    return this.#commands.length < before;
  }

  find(key: string): OpenCommand | undefined {
    return this.#commands.find((command) => command.key === key);
  }

  /** The safe value that nobody claims the tag with. */
  get fallback(): OpenCommand | undefined {
    return this.#commands.find((command) => isSafe(command) && !isClaiming(command));
  }

  /** Those whose claim is over. */
  orphans(claims: Claims): readonly OpenCommand[] {
    return this.#commands.filter((command) => isOrphan(command, claims));
  }

  /** Those whose time is over. */
  over(now: MonoMs): readonly OpenCommand[] {
    return this.#ready.filter((command) => isOver(command, now));
  }

  /** The ends of their times, and the moments to come at which one that was stopped is to be tried again. */
  moments(now: MonoMs): readonly (MonoMs | undefined)[] {
    const ends = this.#ready.map(({ command }) => command.expires);
    const again = this.#ready.map((one) => one.again);
    return [...ends, ...again.filter((moment) => moment !== undefined && moment > now)];
  }

  /** Of others the ledger says when they are over. */
  get #ready(): readonly OpenCommand[] {
    return this.#commands.filter(({ isReady }) => isReady);
  }
}

export const isOrphan = (command: OpenCommand, claims: Claims): boolean =>
  isClaiming(command) && !claims.some(({ key }) => key === command.key);
