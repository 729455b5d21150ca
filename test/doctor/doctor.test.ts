import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Check } from 'typebox/value';
import { formatDiagnosis } from '../../cli/doctor-table.js';
import { DoctorReport } from '../../doctor/report.js';
import { kiln } from '../cli/kiln.js';

test('doctor --json keeps its schema, and the CPU really computes', async () => {
  const { code, stdout } = await kiln(['doctor', '--json']);
  const report: unknown = JSON.parse(stdout);
  assert.ok(Check(DoctorReport, report));
  assert.equal(code, 0);
  assert.equal(report.ok, true);
  assert.equal(report.node.version, process.versions.node);
  const cpu = report.probes.find(({ engine, provider }) => engine === 'onnx' && provider === 'cpu');
  assert.ok(cpu?.status === 'works');
  assert.equal(cpu.runsOn, 'cpu');
  assert.equal(report.choice.status, 'chosen');
  assert.ok(report.probes.every((probe) => probe.status === 'works' || probe.remedy !== ''));

  const { cpu: _, ...without } = report;
  assert.equal(Check(DoctorReport, without), false, 'control: a report without its CPU is none');
});

test('the table names every engine and what to do about those that do not run', () => {
  const report: DoctorReport = {
    kiln: '0.1.0',
    ok: false,
    node: { version: '18.0.0', supported: false, required: '>=20.19' },
    cpu: { model: 'A processor', cores: 2, features: ['AVX2'] },
    memory: { totalMiB: 2048, freeMiB: 1024 },
    platform: 'linux-x64',
    gpus: [{ name: 'NVIDIA H200', memoryMiB: 143_771, driver: '580.159.03' }],
    libraries: [
      { name: 'libcudart.so.13', part: 'CUDA 13', neededBy: 'onnx cuda', status: 'missing' },
      {
        name: 'libcudnn.so.9',
        part: 'cuDNN 9',
        neededBy: 'onnx cuda',
        status: 'found',
        path: '/usr/lib/libcudnn.so.9',
        version: '9.10.2',
      },
    ],
    probes: [
      { engine: 'onnx', provider: 'cpu', status: 'works', runsOn: 'cpu', milliseconds: 20 },
      { engine: 'onnx', provider: 'cuda', status: 'fails', reason: 'no library', remedy: 'install CUDA 13' },
    ],
    choice: { status: 'chosen', engine: 'onnx', why: 'no GPU computes here' },
  };
  const table = formatDiagnosis(report);
  for (const part of [
    /18\.0\.0: kiln needs >=20\.19/,
    /NVIDIA H200, 140\.4 GiB, driver 580\.159\.03/,
    /CUDA 13: not found/,
    /cuDNN 9: found, libcudnn\.so\.9 is 9\.10\.2/,
    /onnx +│ cpu +│ yes +│ on cpu, 20 ms/,
    /onnx +│ cuda +│ no +│ no library/,
    /What to do about the rest:\n {2}onnx cuda: install CUDA 13\n--engine auto takes onnx: no GPU computes here\nkiln cannot train and serve here\.$/,
  ])
    assert.match(table, part);
});
