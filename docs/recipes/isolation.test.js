import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('no tenant reaches another', () => {
  const input = readFileSync('template.yaml'); // or: JSON.stringify(Template.fromStack(stack))
  const done = spawnSync('tenantry', ['verify', '--format', 'json', '-'], { input });
  const verdict = JSON.parse(done.stdout);
  expect(verdict.error).toBeUndefined();
  expect(verdict.claims.flatMap((claim) => claim.counterexamples)).toEqual([]);
  expect(verdict.outcome).toBe('proven');
});
