"""A real browser (Chromium, headless) opens a page on another port of this machine that attacks the platform which runs in this
folder: what it can read is counted, and what it has done is looked up afterwards.

Usage: PYTHON_WITH_BOTOCORE .ci/local_guard_browser.py, in the folder of a platform that is up. Without Chromium it fails in CI and is
left out elsewhere.
"""

import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading

from checks import check, finish
from local_platform import ACCOUNT, REGION, administrator, secrets

FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--no-proxy-server',
         '--host-resolver-rules=MAP evil.example 127.0.0.1']

# Each attempt says `blocked`, or what the page could read. What cannot be read (forms, images, no-cors) is looked up by the script.
PAGE = '''<!doctype html><title>evil</title><body><script>
const port = PORT, api = 'API', results = {};
const base = `http://127.0.0.1:${port}`;
const credential = (service) => 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-SignedHeaders=host'
  + `&X-Amz-Signature=00&X-Amz-Credential=test%2F20260101%2Fus-east-1%2F${service}%2Faws4_request`;
const body = JSON.stringify({ FunctionName: 'evil', Runtime: 'nodejs20.x', Role: 'arn:aws:iam::000000000000:role/r',
  Handler: 'index.handler', Code: { ZipFile: 'UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==' } });
const attempts = [
  ['POST', `${base}/2015-03-31/functions?${credential('lambda')}`, body],
  ['POST', `${base}/2015-03-31/functions/FUNCTION/invocations?${credential('lambda')}`, '{}'],
  ['POST', `${base}/_ministack/reset`, ''],
  ['POST', `${base}/_ministack/config`, '{"stepfunctions._SFN_WAIT_SCALE": 0}'],
  ['GET', `${base}/_ministack/lambda-code/ACCOUNT/REGION/FUNCTION`],
  ['GET', `${base}/health`],
  ['GET', `${base}/?AWSAccessKeyId=test&Action=ListUsers&Version=2010-05-08`],
  ['POST', `${base}/?${credential('iam')}`, 'Action=CreateUser&UserName=evil&Version=2010-05-08'],
  ['GET', `${base}/POOL/.well-known/jwks.json`],
  ['GET', `${base}/_tenantry/instance?challenge=x`],
  ['GET', `http://localhost:${port}/health`],
  ['POST', `http://localhost:${port}/_ministack/reset`, ''],
  ['POST', `http://evil.example:${port}/_ministack/reset`, ''],
  ['GET', `http://evil.example:${port}/health`],
  ['GET', `http://${api}.execute-api.localhost:${port}/prod/tenants/tenant-001/users`],
  ['GET', `${base}/_aws/execute-api/${api}/prod/tenants/tenant-001/users`],
];
const timed = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, 5000, 'blocked: no answer'))]);
const tell = async (what, promise) => {
  results[what] = await timed(promise.catch((error) => `blocked: ${error}`));
};
const event = (what, target, good, bad) => timed(new Promise((done) => {
  target.addEventListener(good, () => done('got through'));
  target.addEventListener(bad, () => done('blocked'));
}));
(async () => {
  for (const [method, url, data] of attempts) {
    const options = { method, body: data, headers: data === undefined ? {} : { 'Content-Type': 'text/plain' } };
    await tell(`fetch ${method} ${url}`, fetch(url, options).then(async (answer) => `read: ${answer.status} ${await answer.text()}`));
    // The page sees nothing of it; whether anything happened is looked up afterwards.
    await timed(fetch(url, { ...options, mode: 'no-cors' }).catch(() => {}));
    navigator.sendBeacon(url, data ?? '');
  }
  await tell('fetch PUT', fetch(`${base}/tenantry-code/evil?${credential('s3')}`, { method: 'PUT', body: 'x' })
    .then((answer) => `read: ${answer.status}`));
  for (const [method, url] of attempts) {
    const target = Object.assign(document.createElement('iframe'), { name: `f${Math.random()}` });
    document.body.append(target);
    const form = Object.assign(document.createElement('form'), { method, action: url, target: target.name, enctype: 'text/plain' });
    form.append(Object.assign(document.createElement('input'), { name: '{"FunctionName":"evil","x":"', value: '"}' }));
    document.body.append(form);
    form.submit();
  }
  const pictures = [`${base}/health`, `${base}/POOL/.well-known/jwks.json`, `${base}/tenantry-code/picture.svg?${credential('s3')}`,
    `http://${api}.execute-api.localhost:${port}/prod/x`];
  for (const source of pictures) {
    const image = new Image();
    const seen = event(source, image, 'load', 'error');
    image.src = source;
    results[`image ${source}`] = await seen;
    const script = document.createElement('script');
    const run = event(source, script, 'load', 'error');
    script.src = source;
    document.body.append(script);
    results[`script ${source}`] = await run;
  }
  for (const address of [`127.0.0.1:${port}/`, `127.0.0.1:${port}/mqtt`, `${api}.execute-api.localhost:${port}/prod`,
    `127.0.0.1:${port}/_aws/execute-api/${api}/prod`, `evil.example:${port}/`]) {
    const socket = new WebSocket(`ws://${address}`, address.includes('mqtt') ? ['mqtt'] : []);
    results[`WebSocket ${address}`] = await event(address, socket, 'open', 'error');
  }
  const sandboxed = document.createElement('iframe');
  sandboxed.sandbox = 'allow-scripts';
  const said = timed(new Promise((done) => addEventListener('message', (message) => done(message.data))));
  sandboxed.srcdoc = `<script>fetch('${base}/health').then((answer) => answer.text()).then((text) => parent.postMessage('read: ' + text, '*'),
    (error) => parent.postMessage('blocked: ' + error, '*'))<` + '/script>';
  document.body.append(sandboxed);
  results['fetch from no origin'] = await said;
  await new Promise((done) => setTimeout(done, 1500));
  await fetch('/done', { method: 'POST', body: JSON.stringify(results) });
})();
</script>'''


def state():
    functions = sorted(one['FunctionName'] for one in administrator('lambda').list_functions()['Functions'])
    stacks = sorted(one['StackName'] for one in administrator('cloudformation').describe_stacks()['Stacks'])
    objects = sorted(one['Key'] for one in administrator('s3').list_objects_v2(Bucket='tenantry-code')['Contents'])
    users = sorted(one['UserName'] for one in administrator('iam').list_users()['Users'])
    streams = [one['logStreamName'] for one in administrator('logs').describe_log_streams(
        logGroupName='/aws/lambda/tenant-001-prod')['logStreams']]
    return functions, stacks, objects, users, streams


def serve(page, done):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header('Content-Type', 'text/html')
            self.end_headers()
            self.wfile.write(page.encode())

        def do_POST(self):
            done.append(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    chromium = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    if chromium is None:
        if os.environ.get('CI'):
            sys.exit('there is no Chromium')
        print('no Chromium: the local platform in a browser is left out')
        return
    # A picture that a page would show if it could.
    administrator('s3').put_object(Bucket='tenantry-code', Key='picture.svg', ContentType='image/svg+xml',
                                   Body=b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')
    api = administrator('apigateway').get_rest_apis()['items'][0]['id']
    pool = administrator('cognito-idp').list_user_pools(MaxResults=1)['UserPools'][0]['Id']
    page = PAGE
    for name, value in {'PORT': str(secrets()['port']), 'API': api, 'POOL': pool, 'FUNCTION': 'tenant-001-api-prod',
                        'ACCOUNT': ACCOUNT, 'REGION': REGION}.items():
        page = page.replace(name, value)
    before = state()
    # The same page from localhost, from an address, and as a stranger whose name resolves to this machine.
    for host in ('localhost', '127.0.0.1', 'evil.example'):
        done = []
        port = serve(page, done)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            browser = subprocess.Popen([chromium, *FLAGS, f'--user-data-dir={profile}', '--remote-debugging-port=0',
                                        f'http://{host}:{port}/'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                for _ in range(1800):
                    if done or browser.poll() is not None:
                        break
                    threading.Event().wait(0.1)
            finally:
                browser.terminate()
                browser.wait()
        check(f'the page on {host} came to its end', len(done) == 1)
        results = done[0] if done else {}
        print(f'{len(results)} attempts that a page on {host} can see')
        check(f'the page on {host} tried', len(results) > 25)
        for what, came in results.items():
            check(f'{what} from {host}: {came[:200]}', came.startswith('blocked'))
    after = state()
    check(f'nothing has happened: {before} {after}', before == after)
    administrator('s3').delete_object(Bucket='tenantry-code', Key='picture.svg')
    finish()


main()
