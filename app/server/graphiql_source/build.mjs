// Bundles the page into the directory given as the argument, with the licences of everything in it.
// Run it in a copy of this directory, after `npm install --no-package-lock`.
import { build } from 'esbuild';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const [target = '../static'] = process.argv.slice(2);
const outdir = resolve(target);
rmSync(outdir, { recursive: true, force: true });
mkdirSync(outdir, { recursive: true });

// What was bundled, by directory; the fonts are inside graphiql/style.css.
const packages = new Set(['node_modules/@fontsource/fira-code', 'node_modules/@fontsource/roboto']);

async function bundle(name, entry, { define, ...options }) {
  const { metafile } = await build({
    entryPoints: { [name]: entry },
    outdir,
    entryNames: '[name]-[hash]',
    chunkNames: 'chunk-[hash]',
    bundle: true,
    minify: true,
    metafile: true,
    legalComments: 'none', // LICENSES.txt has the licences
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"', ...define },
    loader: { '.ttf': 'dataurl' },
    logLevel: 'error',
    ...options,
  });
  for (const input of Object.keys(metafile.inputs)) {
    const found = input.match(/^.*node_modules\/((?:@[^/]+\/)?[^/]+)/);
    if (found) packages.add(found[0]);
  }
  const isOurs = (file) => basename(file).startsWith(`${name}-`) && file.endsWith('.js');
  const [script, { cssBundle }] = Object.entries(metafile.outputs).find(([file]) => isOurs(file));
  return { script: basename(script), style: cssBundle && basename(cssBundle) };
}

const worker = async (name, entry) => JSON.stringify((await bundle(name, entry, { format: 'iife' })).script);

const page = await bundle('graphiql', './main.jsx', {
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  define: {
    EDITOR_WORKER: await worker('editor', 'monaco-editor/esm/vs/editor/editor.worker.js'),
    GRAPHQL_WORKER: await worker('graphql', 'monaco-graphql/esm/graphql.worker.js'),
    JSON_WORKER: await worker('json', 'monaco-editor/esm/vs/language/json/json.worker.js'),
  },
});

for (const file of readdirSync(outdir)) {
  // The styles of lazy chunks are never loaded: graphiql/style.css has them all.
  if (/^chunk-.*\.css$/.test(file)) rmSync(join(outdir, file));
}
writeFileSync(join(outdir, 'manifest.json'), `${JSON.stringify(page, null, 2)}\n`);
writeFileSync(join(outdir, 'LICENSES.txt'), [...packages].sort().map(licence).join(`\n${'-'.repeat(80)}\n\n`));

function licence(directory) {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json')));
  const file = readdirSync(directory).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file ? readFileSync(join(directory, file), 'utf8').trim() : 'The package has no licence text of its own.';
  return `${name} ${version} (${license})\n\n${text}\n`;
}
