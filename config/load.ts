/**
 * A site from its files: read, parse, merge, check, resolve. Every problem at once, each with file,
 * line and column; no site with an error is ever returned.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { EMPTY_RULES, type RuleSet } from '../rules/rule.ts';
import { siteOf } from './build.ts';
import type { Drivers } from './checker.ts';
import { type Draft, draftOf } from './draft.ts';
import { readSite } from './files.ts';
import { lintHj212 } from './hj212.ts';
import { lint } from './lint.ts';
import { lintOnly } from './lint-only.ts';
import { type Notes, notesOn } from './notes.ts';
import { isWholeSite, withRulesOf } from './other-rules.ts';
import { type Problem, problem, sorted } from './problem.ts';
import { draftProfile } from './profile-draft.ts';
import { gatherProfiles, type ProfileLibrary } from './profile-library.ts';
import { scalarAt } from './profile-tree.ts';
import { namedProfiles, type ProfiledSite, withProfiles } from './profiled-site.ts';
import type { Surroundings } from './references.ts';
import { resolveOperators, resolveUplinks, resolveUsers } from './resolve.ts';
import type { Site } from './site.ts';
import { canonical, type MapNode, merge, type Path, written } from './tree.ts';
import { parseYaml } from './yaml-document.ts';

export type LoadedSite =
  | { readonly ok: true; readonly site: Site; readonly warnings: Problem[] }
  | { readonly ok: false; readonly problems: Problem[] };

export interface LoadOptions {
  /**
   * Where `${env:…}` and $CREDENTIALS_DIRECTORY are looked up; the process's environment unless
   * told.
   */
  readonly environment?: Surroundings['environment'];
  /** `run` unless told: a site of which a rule's test fails does not load. */
  readonly ruleTests?: 'run' | 'skip';
  /**
   * A folder or file whose rules, templates and constants take the place of the site's own. A whole site, which has a
   * `gateway`, takes the place of all of it.
   */
  readonly rulesFrom?: string;
}

/** Beyond this a list of problems helps nobody; the first ones are kept. */
const MOST_PROBLEMS = 1_000;

/** `path` is the folder of a site, or one YAML file. Connects to nothing. */
export async function loadSite(
  path: string,
  drivers: Drivers,
  { environment = process.env, ruleTests = 'run', rulesFrom }: LoadOptions = {},
): Promise<LoadedSite> {
  const source = await sourceTrees(path);
  const other = rulesFrom === undefined ? undefined : await sourceTrees(rulesFrom);
  if (rulesFrom !== undefined && other && isWholeSite(other.roots))
    return loadSite(rulesFrom, drivers, { environment, ruleTests });
  const problems = [...source.problems, ...(other?.problems ?? [])];
  // What a file that cannot be read would have said is missing elsewhere; only the cause is reported.
  if (!source.isReadable || other?.isReadable === false) return failed(problems);

  const roots = other ? withRulesOf(source.roots, other.roots) : source.roots;
  const { root, repeated } = merge(roots, joinsAcrossFiles);
  problems.push(
    ...repeated.map(({ key, first, again }) =>
      problem(again, 'config.duplicate-key', { key, first: written(first) }),
    ),
  );
  if (root === undefined) return failed(problems);
  const own = source.profiles;
  const library = await gatherProfiles(own, namedProfiles(root));
  problems.push(...library.problems, ...own.flatMap((tree) => checkOwn(tree, library, drivers)));
  const whole = withProfiles(root, library);
  const asWritten = notesOn(root);
  for (const finding of whole.findings) asWritten.find(finding);
  problems.push(...asWritten.problems);
  const hash = createHash('sha256').update(canonical(whole.root)).digest('hex');
  const { draft, notes } = check(whole, drivers);
  const rules = await rulesIn(whole.root, draft, notes);
  for (const lintOf of [lintHj212, lintOnly])
    for (const finding of lintOf(draft, rules.derived)) notes.find(finding);
  const surroundings = { folder: source.folder, environment };
  const uplinks = await resolveUplinks(draft, surroundings, notes);
  const users = await resolveUsers(draft, surroundings, notes);
  const operators = await resolveOperators(draft, surroundings, notes);
  problems.push(...notes.problems);
  if (problems.some(isError)) return failed(problems);
  const journalPath = resolve(source.folder, draft.journal?.path ?? '');
  const site = siteOf(draft, { journalPath, uplinks, users, operators, rules, hash });
  if (ruleTests === 'run') problems.push(...(await redTests(rules)));
  const isSound = site !== undefined && !problems.some(isError);
  return isSound ? { ok: true, site, warnings: sorted(problems) } : failed(problems);
}

interface SourceTrees {
  readonly folder: string;
  readonly roots: readonly MapNode[];
  /** Of profiles that belong to the site. */
  readonly profiles: readonly MapNode[];
  readonly problems: readonly Problem[];
  readonly isReadable: boolean;
}

async function sourceTrees(path: string): Promise<SourceTrees> {
  const { files, folder, problems } = await readSite(path);
  const documents = files.map(({ file, text, isProfile }) => ({
    ...parseYaml(text, file),
    isProfile,
  }));
  const treesOf = (profiles: boolean) =>
    documents.flatMap(({ root, isProfile }) => (root && isProfile === profiles ? [root] : []));
  return {
    folder,
    roots: treesOf(false),
    profiles: treesOf(true),
    problems: [...problems, ...documents.flatMap((document) => document.problems)],
    isReadable: documents.every(({ root }) => root !== undefined) && !problems.some(isError),
  };
}

/** The sections are joined key by key, and so are the devices of a simulation. */
const joinsAcrossFiles = (path: Path): boolean =>
  path.length === 1 || path.join('/') === 'simulation/devices';

/** A profile of the site's own is checked whether or not a device names it. */
function checkOwn(tree: MapNode, { trees }: ProfileLibrary, drivers: Drivers): readonly Problem[] {
  const id = scalarAt(tree, 'profile');
  const whole = id === undefined ? tree : trees.get(id);
  return whole ? draftProfile(whole, drivers).problems : [];
}

interface Checked {
  readonly draft: Draft;
  readonly notes: Notes;
}

function check({ root, skipped }: ProfiledSite, drivers: Drivers): Checked {
  const notes = notesOn(root);
  const draft = draftOf(root, drivers, notes, skipped);
  for (const finding of lint(draft)) notes.find(finding);
  return { draft, notes };
}

const RULE_SECTIONS = ['rules', 'templates', 'constants', 'alarms'];

/** What reads and checks rules and interlocks is loaded with the first site that has any; others start without it. */
async function rulesIn(root: MapNode, draft: Draft, notes: Notes): Promise<RuleSet> {
  const hasInterlocks = [...draft.devices.values()].some(({ tags }) =>
    [...tags.values()].some(({ common }) => common?.write?.interlock !== undefined),
  );
  const hasRules = RULE_SECTIONS.some((section) => root.entries.has(section));
  if (!hasRules && !hasInterlocks) return EMPTY_RULES;
  const { rulesOf } = await import('./rules.ts');
  return rulesOf(root, draft, notes);
}

async function redTests(rules: RuleSet): Promise<readonly Problem[]> {
  if (rules.rules.every(({ tests }) => tests.length === 0)) return [];
  const { testProblems } = await import('../rules/tests/test-problems.ts');
  return testProblems(rules).map(({ place, code, details }) => problem(place, code, details));
}

const isError = ({ severity }: Problem): boolean => severity === 'error';

const failed = (problems: readonly Problem[]): LoadedSite => ({
  ok: false,
  problems: sorted(problems).slice(0, MOST_PROBLEMS),
});
