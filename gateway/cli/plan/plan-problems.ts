/** What a plan finds wrong with a site that is right in itself, each with its place in the site's files. */
import { readSite } from '../../../config/files.ts';
import { type Problem, problem } from '../../../config/problem.ts';
import type { Site } from '../../../config/site.ts';
import { keyPlace, nodeAt, type Path, type Place } from '../../../config/tree.ts';
import { parseYaml } from '../../../config/yaml-document.ts';
import type { Clock } from '../../host/clock.ts';
import { GatewayError } from '../../model/errors.ts';
import { millis } from '../../model/units.ts';
import { planSite } from './plan-site.ts';
import { overloadsOf } from './plan-view.ts';

interface Planned {
  readonly error: GatewayError;
  readonly path: Path;
  readonly severity: Problem['severity'];
}

/**
 * Cycles that cannot be kept, and tags that no request can read. An overload is an error when even a device that
 * answers in no time could not help it; else it is a warning, for the turn-around is assumed.
 */
export async function planProblems(
  path: string,
  site: Site,
  clock: Clock,
): Promise<readonly Problem[]> {
  const found = [...findings(site, clock)];
  if (found.length === 0) return [];
  const placeOf = await placesIn(path);
  return found.map(({ error, path: at, severity }) =>
    problem(placeOf(at), error.code, error.details, severity),
  );
}

function findings(site: Site, clock: Clock): readonly Planned[] {
  try {
    const certain = new Set(
      overloadsOf(planSite(site, clock, millis(0))).map(({ details }) => details.bus),
    );
    return overloadsOf(planSite(site, clock)).map((error) => ({
      error,
      path: ['buses', String(error.details.bus)],
      severity: certain.has(error.details.bus) ? 'error' : 'warning',
    }));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const [device = '', quantity = ''] = String(error.details.tag ?? '').split('.');
    return [{ error, path: ['devices', device, 'tags', quantity], severity: 'error' }];
  }
}

/** Where a key stands in the files of the site; the first file where it stands in none. */
export async function placesIn(path: string): Promise<(at: Path) => Place> {
  const { files } = await readSite(path);
  const roots = files.flatMap(({ file, text }) => parseYaml(text, file).root ?? []);
  return (at) => {
    const root = roots.find((one) => nodeAt(one, at)) ?? roots[0];
    return root ? keyPlace(root, at) : { file: path, line: 1, col: 1 };
  };
}
