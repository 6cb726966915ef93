/** What `headgate decode` can explain, by the name of the protocol. */
import { cjt188Explainer } from './cjt188/explain.ts';
import { dlt645Explainer } from './dlt645/explain.ts';
import type { Explainer } from './explanation.ts';

export const EXPLAINERS: ReadonlyMap<string, Explainer> = new Map<string, Explainer>(
  [dlt645Explainer, cjt188Explainer].map((explainer) => [explainer.protocol, explainer]),
);
