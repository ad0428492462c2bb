import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const DEPLOY = resolve(import.meta.dirname, '../../../deploy')
const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8')
const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0

describe('ADM-03 deploy/cloakroom.service', () => {
  const unit = read('cloakroom.service')

  test.each([
    'LimitCORE=0',
    'MemorySwapMax=0',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'UMask=0077',
    'User=cloakroom',
    'SystemCallFilter=@system-service',
    'RestartPreventExitStatus=64 78',
    'StateDirectory=cloakroom',
  ])('%s', (line) => {
    expect(unit.split('\n')).toContain(line)
  })

  test.skipIf(!has('systemd-analyze'))('systemd takes it as it is, and rates it as little exposed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloakroom-unit-'))
    const file = join(folder, 'cloakroom.service')
    // The program is not installed where this test runs.
    writeFileSync(file, unit.replace('ExecStart=/usr/bin/cloakroom', 'ExecStart=/bin/true'))
    const verified = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    expect([verified.status, verified.stderr]).toEqual([0, ''])
    // In tenths, 100 is the worst; most of what is left is that a gateway needs the network.
    const rated = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', file], { encoding: 'utf8' })
    expect(rated.status).toBe(0)
    rmSync(folder, { recursive: true })
  })
})

describe('ADM-03 deploy/Dockerfile', () => {
  const lines = read('Dockerfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
  const one = (stage: readonly string[], instruction: string): string => {
    const found = stage.filter((line) => line.startsWith(`${instruction} `))
    expect(found, instruction).toHaveLength(1)
    return found[0]?.slice(instruction.length + 1) ?? ''
  }

  test('every stage begins with an image of a named version that Cloakroom runs on', () => {
    for (const line of lines.filter((each) => each.startsWith('FROM '))) expect(line).toMatch(/^FROM node:24-[a-z]+-slim(?: AS [a-z]+)?$/)
  })

  test('it runs as a numbered user that is not root, without a shell around it', () => {
    expect(one(last, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(parse(one(last, 'ENTRYPOINT'))).toEqual(['cloakroom'])
    expect(parse(one(last, 'CMD'))).toEqual(['start', '--sandbox'])
    expect(last.findIndex((line) => line.startsWith('USER '))).toBeLessThan(last.findIndex((line) => line.startsWith('ENTRYPOINT ')))
    expect(last.slice(last.findIndex((line) => line.startsWith('USER '))).some((line) => line.startsWith('RUN '))).toBe(false)
  })

  test('its health check needs no other program, nothing is fetched by ADD, no secret is an argument', () => {
    expect(one(last, 'HEALTHCHECK')).toMatch(/CMD \["cloakroom", "check", "--running"\]$/)
    expect(lines.filter((line) => /^(?:ADD|ARG) /.test(line))).toEqual([])
    expect(lines.filter((line) => line.startsWith('ENV '))).toEqual(['ENV NODE_ENV=production'])
  })

  test('what is copied from the machine leaves out what was built or installed there', () => {
    expect(read('Dockerfile.dockerignore').split('\n')).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '.git']))
  })
})

test('ADM-03 deploy/compose.yaml: read-only, no capabilities, no core dumps, no swap, published on this machine only', () => {
  const { services } = parse(read('compose.yaml')) as { services: { cloakroom: Record<string, unknown> } }
  expect(services.cloakroom).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    ulimits: { core: 0 },
    ports: ['127.0.0.1:8080:8080'],
    build: { context: '..', dockerfile: 'deploy/Dockerfile' },
  })
  expect(services.cloakroom['memswap_limit']).toBe(services.cloakroom['mem_limit'])
  expect(services.cloakroom['volumes']).toEqual(['./cloakroom:/etc/cloakroom:ro', './cloakroom/data:/etc/cloakroom/data'])
})
