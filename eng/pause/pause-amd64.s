# The program that holds a pod's namespaces: it reaps what is left to it and ends on SIGTERM or SIGINT. Linux, x86-64.
#
# The signals are blocked and waited for instead of handled: no handler, no stack, no race between two signals. A blocked
# signal also reaches process 1 of a pid namespace, for which the kernel throws away whatever has no handler.
# The ELF header is written here, so that the file holds what is below and nothing else.

        .set    base, 0x400000
        .text
        .globl  _start
header:
        .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0         # 64 bits, little endian
        .quad   0
        .short  2, 62                                   # an executable, for x86-64
        .long   1
        .quad   base + (_start - header)
        .quad   programs - header
        .quad   0
        .long   0
        .short  64, 56, 2, 64, 0, 0
programs:
        .long   1, 5                                    # load: readable, executable
        .quad   0, base, base, end - header, end - header, 0x1000
        .long   0x6474e551, 6                           # stack: not executable
        .quad   0, 0, 0, 0, 0, 16

_start:
        mov     $14, %eax                               # rt_sigprocmask(SIG_BLOCK, &signals, NULL, 8)
        xor     %edi, %edi
        lea     signals(%rip), %rsi
        xor     %edx, %edx
        mov     $8, %r10d
        syscall
reap:
        mov     $61, %eax                               # wait4(-1, NULL, WNOHANG, NULL)
        mov     $-1, %rdi
        xor     %esi, %esi
        mov     $1, %edx
        xor     %r10d, %r10d
        syscall
        test    %rax, %rax
        jg      reap
        mov     $128, %eax                              # rt_sigtimedwait(&signals, NULL, NULL, 8)
        lea     signals(%rip), %rdi
        xor     %esi, %esi
        xor     %edx, %edx
        mov     $8, %r10d
        syscall
        cmp     $15, %rax                               # SIGTERM
        je      quit
        cmp     $2, %rax                                # SIGINT
        jne     reap
quit:
        mov     $231, %eax                              # exit_group(0)
        xor     %edi, %edi
        syscall

        .balign 8
signals:
        .quad   (1 << 14) | (1 << 1) | (1 << 16)        # SIGTERM, SIGINT, SIGCHLD
end:
