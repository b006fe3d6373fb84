import { describe, expect, test } from 'vitest'
import { type CpuRecording, cpusBetween } from './cpu-recording.ts'

const recording: CpuRecording = {
  names: ['app-1', 'db'],
  samples: [0, 1_000, 2_000, 3_000, 4_000].map((atMs, index) => ({
    atMs,
    seconds: [index < 2 ? 0 : (index - 1) * 0.1, index * 0.05],
  })),
}

describe('CPU between two moments', () => {
  test('counts only what lies between them', () => {
    const cpus = cpusBetween(recording, 900, 3_100)
    expect(cpus['app-1']).toBeCloseTo(0.1)
    expect(cpus.db).toBeCloseTo(0.05)
  })
  test('is none where there are not two samples', () => {
    expect(cpusBetween(recording, 2_100, 2_900)).toEqual({ 'app-1': 0, db: 0 })
  })
})
