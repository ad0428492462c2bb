import { expect, test } from 'vitest'
import { parseAddress } from './ip.ts'
import { isPrivate } from './private-address.ts'

const PRIVATE = `127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.8 192.168.0.1 198.18.0.1 198.19.255.255 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1
::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 fe80::1 febf::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 100::1 64:ff9b::127.0.0.1 64:ff9b::a00:1
64:ff9b:1::1 2002:7f00:1::1 2002:a00:1::1 2002:c0a8:101::1`
const PUBLIC = `203.0.113.1 1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 169.253.255.255 172.15.255.255 172.32.0.0 192.0.1.1
192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2001:4860:4860::8888 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808
2002:808:808::1 fb00::1`

test.each(PRIVATE.split(/\s+/))('HTTP-28 %s is nobody else’s', (text) => {
  expect(isPrivate(parseAddress(text) ?? new Uint8Array(16))).toBe(true)
})

test.each(PUBLIC.split(/\s+/))('HTTP-28 %s is on the internet', (text) => {
  const address = parseAddress(text)
  expect(address).not.toBeNull()
  expect(isPrivate(address ?? new Uint8Array(16))).toBe(false)
})
