// A real DynamoDB API to test against: MiniStack on the loopback interface.
//
// TENANTRY_TEST_ENDPOINT names one that runs already. Else one is started with the interpreter
// TENANTRY_TEST_PYTHON; without that, with one of a private virtual environment made on first use.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const RELEASE = 'ministack==1.5.33';
const READY_WITHIN_MS = 60_000;
const run = promisify(execFile);

/** Points the AWS SDK of this process at an emulator. @returns how to stop it */
export async function startEmulator() {
  const { endpoint, stop } = process.env.TENANTRY_TEST_ENDPOINT
    ? { endpoint: process.env.TENANTRY_TEST_ENDPOINT, stop: async () => {} }
    : await start(await interpreter());
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  return { endpoint, stop };
}

async function interpreter() {
  if (process.env.TENANTRY_TEST_PYTHON) {
    return process.env.TENANTRY_TEST_PYTHON;
  }
  const folder = fileURLToPath(new URL('../.emulator', import.meta.url));
  const python = join(folder, 'bin', 'python');
  if (!existsSync(join(folder, 'ready'))) {
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', RELEASE]);
    await run(python, ['-c', `open(${JSON.stringify(join(folder, 'ready'))}, 'w').close()`]);
  }
  return python;
}

async function start(python) {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-emulator-'));
  const child = spawn(python, ['-m', 'ministack'], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      TMPDIR: folder,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      AWS_ENDPOINT_URL: endpoint,
      LOG_LEVEL: 'ERROR',
    },
  });
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    await ready(endpoint, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, stop };
}

async function ready(endpoint, child) {
  const until = Date.now() + READY_WITHIN_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null || child.pid === undefined) {
      throw new Error('the emulator ended before it was ready: is MiniStack installed?');
    }
    const answer = await fetch(`${endpoint}/_ministack/ready`).catch(() => undefined);
    if (answer?.ok) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the emulator did not become ready');
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
