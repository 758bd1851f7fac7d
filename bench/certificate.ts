import { verifyCertificate } from "../src/review/verify/verify.ts";
import { DAY, policy, reviewed } from "../test/support/review-scene.ts";

/**
 * `node bench/certificate.ts`: what verifying a full certificate costs, once its files are read. "Full" is 40 checks, of
 * which 20 are percentiles over 10,000 samples: more than the default policy asks for. What it takes of a core is told too:
 * on a machine where others work, the clock on the wall counts them as well.
 */
const CHECKS = 40;
const SAMPLES = 10_000;
const ROUNDS = 30;

const [load, , alerts] = policy.checks;
if (load === undefined || alerts === undefined) throw new Error("the scene has no checks");
const full = {
  ...policy,
  checks: Array.from({ length: CHECKS }, (_, i) => ({ ...(i % 2 === 0 ? load : alerts), id: `check.${i}` })),
};

const bench = (name: string, scene: ReturnType<typeof reviewed>): void => {
  const options = { trust: scene.trust, evidence: scene.evidence, now: scene.now };
  const cpu = process.cpuUsage();
  const times = Array.from({ length: ROUNDS }, () => {
    // Fresh bytes each time: what was read out of a file is remembered with it.
    const evidence = new Map([...scene.evidence].map(([sha256, bytes]) => [sha256, Uint8Array.from(bytes)]));
    const began = performance.now();
    const found = verifyCertificate(scene.bundle, { ...options, evidence });
    const took = performance.now() - began;
    if (found.status !== "valid") throw new Error(JSON.stringify(found.findings.slice(0, 3)));
    return took;
  }).sort((a, b) => a - b);
  const { user, system } = process.cpuUsage(cpu);
  const { looked } = verifyCertificate(scene.bundle, options);
  const at = (q: number): string =>
    `${(times[Math.min(times.length - 1, Math.floor(q * times.length))] as number).toFixed(1)} ms`;
  console.log(
    `${name}: median ${at(0.5)}, p95 ${at(0.95)}, ${((user + system) / 1_000 / ROUNDS).toFixed(1)} ms of a core (${looked.checks} checks, ${looked.numbers} numbers, ` +
      `${looked.evidenceFiles} files, ${(looked.evidenceBytes / 1_048_576).toFixed(2)} MB, ${looked.proofs} proofs)`,
  );
};

bench("small", reviewed());
bench(
  "full ",
  reviewed({
    policy: { ...full, maxAgeMs: DAY },
    condition: "none",
    samples: SAMPLES,
    run: (run) => ({
      ...run,
      results: full.checks.map(({ id, probe }) => {
        const like = run.results.find((one) => one.probe.id === probe.id);
        if (like?.state !== "ran") throw new Error("the scene has no such result");
        return { ...like, check: id };
      }),
    }),
  }),
);
