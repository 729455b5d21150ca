// Writes clients/http/api.ts, the types of the HTTP client, from the service's own OpenAPI description.
// Needs a build: `npm run build && node bin/generate-client-types.mjs`.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join('clients', 'http', 'api.ts');

/** What the client asks for, and what the JSON of each answer is called; null where the answer is no JSON. */
const operations = {
  'POST /classify': 'Classification',
  'GET /models': 'ModelList',
  'GET /model': 'ModelCard',
  'GET /model/file': null,
  'POST /evaluations': 'Evaluation',
  'GET /evaluations': 'EvaluationList',
  'GET /evaluations/{id}': 'Evaluation',
  'GET /evaluations/{id}/events': null,
  'GET /evaluations/{id}/pictures': 'PictureList',
  'GET /evaluations/{id}/pictures/{index}': null,
  'DELETE /evaluations/{id}': 'Evaluation',
  'GET /evaluations/compare': 'Comparison',
  'GET /statistics': 'BatchStatistics',
  'GET /health/ready': 'Readiness',
};

const banner = `/**
 * The requests and answers of the HTTP client, generated from the service's OpenAPI description by
 * bin/generate-client-types.mjs: not to be edited by hand.
 */`;

/**
 * The text of clients/http/api.ts.
 *
 * @param description OpenAPI 3.1 without references, as the service answers at /docs/json
 */
export async function generateClientTypes({ paths }) {
  const described = Object.entries(operations).map(([operation, answer]) => {
    const [method, path] = operation.split(' ');
    const found = paths[path]?.[method.toLowerCase()];
    if (found === undefined) throw new Error(`the service does not describe ${operation}`);
    return { operation, answer, ...found };
  });
  const schema = objectOf(Object.fromEntries(described.map((one) => [one.operation, operationSchema(one)])), {
    definitions: definitionsOf(described),
  });
  const options = { additionalProperties: false, bannerComment: banner, format: false };
  return formatted(await compile(schema, 'Api', options));
}

function operationSchema({ parameters = [], requestBody, responses, answer }) {
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const body = jsonOf(requestBody);
  return objectOf({
    ...(query.length > 0 && { query: querySchema(query) }),
    ...(body !== undefined && { body }),
    ...(answer !== null && { answer: reference(answer) }),
    refusal: { enum: refusalCodes(responses) },
  });
}

/** The answers by name; and, in them, what is common to several. */
function definitionsOf(described) {
  const answers = Object.fromEntries(
    described.flatMap(({ answer, responses }) => (answer === null ? [] : [[answer, answerOf(responses)]])),
  );
  const failed = answers.Evaluation.anyOf.find(({ properties }) => 'error' in properties);
  const common = {
    EvaluationSummary: answers.EvaluationList.items,
    ErrorCode: failed.properties.error.properties.code,
  };
  return Object.fromEntries(
    Object.entries({ ...answers, ...common }).map(([name, schema]) => [
      name,
      withReferences(schema, common, schema),
    ]),
  );
}

/** The schema with a reference wherever one of `common` stands in it. */
function withReferences(schema, common, whole) {
  if (typeof schema !== 'object' || schema === null) return schema;
  const text = JSON.stringify(schema);
  const [name] =
    Object.entries(common).find(([, part]) => part !== whole && JSON.stringify(part) === text) ?? [];
  if (name !== undefined) return reference(name);
  if (Array.isArray(schema)) return schema.map((item) => withReferences(item, common, whole));
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, withReferences(value, common, whole)]),
  );
}

const reference = (name) => ({ $ref: `#/definitions/${name}` });

function answerOf(responses) {
  const [, answer] = Object.entries(responses).find(([status]) => status.startsWith('2'));
  return jsonOf(answer);
}

/** @param parameters those with a default are listed as required, which holds for the service alone */
function querySchema(parameters) {
  const properties = parameters.map(({ name, schema, description }) => [name, { ...schema, description }]);
  const required = parameters.filter(({ required, schema }) => required && !('default' in schema));
  return { ...objectOf(Object.fromEntries(properties)), required: required.map(({ name }) => name) };
}

/** The codes with which the service may refuse, of all statuses. */
function refusalCodes(responses) {
  const codes = Object.entries(responses).flatMap(([status, response]) =>
    Number(status) >= 400 ? jsonOf(response).properties.code.enum : [],
  );
  return [...new Set(codes)].sort();
}

const jsonOf = (part) => part?.content?.['application/json']?.schema;

function objectOf(properties, more = {}) {
  return { type: 'object', required: Object.keys(properties), properties, ...more };
}

/** By the formatter that checks the rest of the tree. */
function formatted(code) {
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [biome, 'format', `--stdin-file-path=${target}`],
    { cwd: root, input: code, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`biome cannot format what was generated: ${stderr}`);
  return stdout;
}

/** What a service of the shipped model describes. */
async function describeService() {
  const { openPool } = await import('../dist/runtime/worker-pool.js');
  const { buildApp } = await import('../dist/serve/app.js');
  const source = readFileSync(join(root, 'models', 'cifar10-deepcnn.onnx'));
  const pool = await openPool({ devices: ['cpu'], workers: 1 });
  const { app } = await buildApp({ source, pool, logLevel: 'silent' });
  const description = (await app.inject('/docs/json')).json();
  await app.close();
  await pool.close();
  return description;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(root, target), await generateClientTypes(await describeService()));
}
