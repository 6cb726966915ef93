/** What `headgate decode` can explain, by the name of the protocol. */
import type { Explainer } from './explanation.ts';

export const EXPLAINERS: ReadonlyMap<string, Explainer> = new Map<string, Explainer>([]);
