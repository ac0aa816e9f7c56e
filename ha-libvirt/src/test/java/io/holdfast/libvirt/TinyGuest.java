package io.holdfast.libvirt;

import io.holdfast.api.Definition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A machine whose only software is a boot sector. It says on its serial port that it is there, and
 * powers itself off at the touch of a key or of its power button.
 */
final class TinyGuest {
  private static final String BOOT_SECTOR =
      """
      FA              cli
      BA 02 06        mov dx, 0x602    ; PM1 enable
      B8 00 01        mov ax, 0x100    ; the power button
      EF              out dx, ax
      FB              sti
      BA F8 03        mov dx, 0x3f8    ; the serial port
      B0 52           mov al, 'R'
      EE              out dx, al
      B4 01     wait: mov ah, 1        ; is there a key?
      CD 16           int 0x16
      75 0C           jnz off
      BA 00 06        mov dx, 0x600    ; PM1 status
      ED              in ax, dx
      F6 C4 01        test ah, 1       ; the power button?
      75 03           jnz off
      F4              hlt              ; until the next tick of the timer
      EB EE           jmp wait
      BA 04 06   off: mov dx, 0x604    ; PM1 control
      B8 00 20        mov ax, 0x2000   ; soft off
      EF              out dx, ax
      EB FE           jmp $
      """;

  /** Writes into 8 MiB of its memory at every tick: no slow migration can keep up with it. */
  private static final String RESTLESS_BOOT_SECTOR =
      """
      31 C0                          xor ax, ax
      8E D8                          mov ds, ax
      BA F8 03                       mov dx, 0x3f8    ; the serial port
      B0 52                          mov al, 'R'
      EE                             out dx, al
      FA                      round: cli                ; into unreal mode: es reaches all memory
      66 43                          inc ebx
      0F 01 16 53 7C                 lgdt [gdtr]
      0F 20 C0                       mov eax, cr0
      0C 01                          or al, 1
      0F 22 C0                       mov cr0, eax
      B9 08 00                       mov cx, 8
      8E C1                          mov es, cx
      24 FE                          and al, 0xfe
      0F 22 C0                       mov cr0, eax
      66 BF 00 00 10 00              mov edi, 0x100000
      67 26 66 89 1F           page: mov es:[edi], ebx
      66 81 C7 00 10 00 00           add edi, 0x1000
      66 81 FF 00 00 90 00           cmp edi, 0x900000
      72 EB                          jb page
      FB                             sti
      F4                             hlt                ; until the next tick of the timer
      EB C7                          jmp round
      00 00 00 00 00 00 00 00   gdt:
      FF FF 00 00 00 92 CF 00        ; data, 4 GiB, writable
      0F 00 43 7C 00 00        gdtr:
      """;

  private static final Pattern CODE = Pattern.compile("([0-9A-F]{2} )+");

  private static final int DISK_BYTES = 64 * 1024;

  private final String name;
  private final Path disk;
  private final Path serial;

  TinyGuest(String name, Path directory) {
    this.name = name;
    this.disk = directory.resolve(name + ".img");
    this.serial = directory.resolve(name + ".serial");
  }

  /** Writes its disk. */
  void install() throws IOException {
    install(BOOT_SECTOR);
  }

  /** Writes the disk of a guest that never lets its memory rest, and hears of nothing. */
  void installRestless() throws IOException {
    install(RESTLESS_BOOT_SECTOR);
  }

  private void install(String sector) throws IOException {
    byte[] bytes = new byte[DISK_BYTES];
    int at = 0;
    for (String line : sector.lines().toList()) {
      Matcher code = CODE.matcher(line);
      if (!code.lookingAt()) {
        throw new IllegalStateException(line);
      }
      byte[] instruction = HexFormat.of().parseHex(code.group().replace(" ", ""));
      System.arraycopy(instruction, 0, bytes, at, instruction.length);
      at += instruction.length;
    }
    bytes[510] = 0x55;
    bytes[511] = (byte) 0xAA;
    Files.write(disk, bytes);
  }

  boolean isReady() throws IOException {
    return Files.exists(serial) && Files.size(serial) > 0;
  }

  Definition definition() {
    return definition(name);
  }

  /** A domain of another name on the same disk. */
  Definition definition(String domain) {
    return new Definition(
        """
        <domain type='qemu'>
          <name>%s</name>
          <memory unit='MiB'>16</memory>
          <os><type arch='x86_64' machine='pc'>hvm</type></os>
          <features><acpi/></features>
          <devices>
            <disk type='file' device='disk'>
              <driver name='qemu' type='raw'/>
              <source file='%s'/>
              <target dev='hda' bus='ide'/>
            </disk>
            <serial type='file'><source path='%s'/></serial>
            <controller type='usb' model='none'/>
            <memballoon model='none'/>
          </devices>
        </domain>
        """
            .formatted(domain, disk, serial));
  }
}
