/** The tags of a story in the field: which of them move, and where. */
import type { Site } from '../../../config/site.ts';
import type { Story } from '../../../config/story.ts';
import type { GpioBoard } from '../../../firmware-sim/gpio-board.ts';
import type { Signal } from '../../../firmware-sim/process.ts';
import { type TagId, tagId } from '../../model/sample.ts';
import type { PlayedField } from '../played-bus.ts';
import { boardPins } from '../simulated-board.ts';
import type { MovingPlant } from './moving-plant.ts';

export interface PlayedPin {
  readonly board: GpioBoard;
  readonly offset: number;
  readonly isActiveLow: boolean;
  /** A contact that the story names. */
  readonly isMoved: boolean;
}

/** Where the tags of pins are, by tag. */
export function pinsOf(
  { site, story }: { readonly site: Site; readonly story: Story },
  { boards }: PlayedField,
): ReadonlyMap<TagId, PlayedPin> {
  const named = namedTags(story);
  return new Map(
    [...boards].flatMap(([bus, { board }]) =>
      boardPins(site, bus).map(({ tag, offset, pin }): [TagId, PlayedPin] => {
        const isActiveLow = pin.kind !== 'count' && pin.isActiveLow;
        const isMoved = pin.kind === 'in' && named.has(tag);
        return [tag, { board, offset, isActiveLow, isMoved }];
      }),
    ),
  );
}

const namedTags = ({ moved, acts }: Story): ReadonlySet<string> =>
  new Set([...moved.keys(), ...acts.flatMap(({ set }) => [...(set?.keys() ?? [])])]);

/** All tags that the story names; of Modbus devices those too that nobody says anything about, which stay at 0. */
export function playedSignals(
  site: Site,
  story: Story,
  moving: MovingPlant,
): ReadonlyMap<string, ReadonlyMap<string, Signal>> {
  const named = namedTags(story);
  const simulated = site.simulation?.devices;
  return new Map(
    site.devices.map(({ name, protocol, tags }) => {
      const own = simulated?.get(name)?.signals;
      const played = tags.filter(
        ({ tag: { id, quantity } }) =>
          named.has(id) || (protocol === 'modbus' && !own?.has(quantity)),
      );
      const signals = played.map(({ tag: { quantity } }): [string, Signal] => {
        const id = tagId(name, quantity);
        return [quantity, { shape: 'played', value: (at) => moving.value(id, at) }];
      });
      return [name, new Map(signals)];
    }),
  );
}
