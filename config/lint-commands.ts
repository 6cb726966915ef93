/** What the writes of a site say against the rest of it: read-backs, commands from upstream, who signs them. Pure. */
import { quoted } from '../gateway/host/quoted.ts';
import { tagId } from '../gateway/model/sample.ts';
import type { DraftTag } from './checker.ts';
import type { Draft } from './draft.ts';
import { type Finding, unknown } from './finding.ts';
import { kindWords } from './lint-write.ts';
import type { Path } from './tree.ts';
import { isRemote, readBackOf, typeOf } from './write-policy.ts';

export function lintCommands(draft: Draft): Finding[] {
  const tags = tagsOf(draft);
  return [...lintReadBacks(tags), ...lintRemote(draft, tags), ...lintOperators(draft, tags)];
}

interface PlacedTag {
  readonly id: string;
  readonly device: string;
  readonly quantity: string;
  readonly path: Path;
  readonly tag: DraftTag;
}

/** By id. */
type Tags = ReadonlyMap<string, PlacedTag>;

const tagsOf = ({ devices }: Draft): Tags =>
  new Map(
    [...devices].flatMap(([device, { tags }]) =>
      [...tags].map(([quantity, tag]) => {
        const path = ['devices', device, 'tags', quantity];
        const id = String(tagId(device, quantity));
        return [id, { id, device, quantity, path, tag }] as const;
      }),
    ),
  );

function lintReadBacks(tags: Tags): Finding[] {
  return [...tags.values()].flatMap(({ device, path, tag }): Finding[] => {
    const written = tag.common?.write?.read_back;
    const id = written === undefined ? undefined : readBackOf(device, written);
    if (written === undefined || id === undefined || tag.common?.access === 'read') return [];
    const at = { path: [...path, 'write', 'read_back'], at: 'value' as const };
    const found = quoted(written);
    const shown = tags.get(id)?.tag;
    if (shown === undefined)
      return [
        unknown(at.path, 'config.read-back-unknown', written, fitting(device, id, tag, tags)),
      ];
    if (shown.common?.access === 'write')
      return [{ ...at, code: 'config.read-back-unread', details: { found } }];
    if (isOneKind(tag, shown)) return [];
    const details = {
      found,
      ...kindWords('own', typeOf(tag)),
      ...kindWords('other', typeOf(shown)),
    };
    return [{ ...at, code: 'config.read-back-kind', details }];
  });
}

const isOneKind = (a: DraftTag, b: DraftTag): boolean =>
  typeOf(a) === typeOf(b) || typeOf(a) === 'any' || typeOf(b) === 'any';

/** Names that may have been meant: those of the same device by themselves, then the ids of that device, then others. */
function fitting(device: string, meant: string, tag: DraftTag, tags: Tags): readonly string[] {
  const all = [...tags.values()].filter(
    (one) => one.tag.common?.access !== 'write' && isOneKind(one.tag, tag),
  );
  const own = all.filter((one) => one.device === device).map(({ quantity }) => quantity);
  const other = all.filter((one) => one.device !== device);
  const isMeant = (one: PlacedTag) => meant.startsWith(`${one.device}.`);
  const ids = [...other.filter(isMeant), ...other.filter((one) => !isMeant(one))];
  return [...own, ...ids.map(({ id }) => id)];
}

/** Commands from upstream that reach no tag, and tags that no command from upstream reaches. */
function lintRemote({ uplinks, operators }: Draft, tags: Tags): Finding[] {
  const isAccepting = (uplink: Draft['uplinks'] extends ReadonlyMap<string, infer U> ? U : never) =>
    uplink !== undefined && 'commands' in uplink && uplink.commands === 'accept';
  const accepting = [...uplinks].find(([, uplink]) => isAccepting(uplink))?.[0];
  const isUnderstood = [...uplinks.values()].every((uplink) => uplink !== undefined);
  const remote = [...tags.values()].find(({ tag }) => isRemote(tag));
  const say = (path: Path, at: Finding['at'], code: Finding['code']): Finding[] => [
    { path, at, code, severity: 'warning' },
  ];
  if (accepting === undefined) {
    if (!isUnderstood) return [];
    return [
      ...(remote ? say([...remote.path, 'write', 'by'], 'value', 'config.remote-unheard') : []),
      ...(operators.size > 0 ? say(['commands', 'operators'], 'key', 'config.remote-unheard') : []),
    ];
  }
  const isAnyUnclear = [...tags.values()].some(({ tag }) => tag.common === undefined);
  if (remote || isAnyUnclear) return [];
  return say(['uplinks', accepting, 'commands'], 'value', 'config.remote-unused');
}

function lintOperators({ operators }: Draft, tags: Tags): Finding[] {
  const all = [...tags.values()];
  const remote = all.filter(({ tag }) => isRemote(tag)).map(({ id }) => id);
  return [...operators].flatMap(([name, operator]) =>
    (operator?.tags ?? []).flatMap((pattern, index): Finding[] => {
      const meant = all.filter(({ id, device }) => id === pattern || `${device}.*` === pattern);
      if (meant.some(({ tag }) => tag.common === undefined || isRemote(tag))) return [];
      const path = ['commands', 'operators', name, 'tags', index];
      const code = meant.length === 0 ? 'operator-tag-unknown' : 'operator-tag-unwritable';
      return [{ ...unknown(path, `config.${code}`, pattern, remote), severity: 'warning' }];
    }),
  );
}
