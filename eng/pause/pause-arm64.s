// The program that holds a pod's namespaces: it reaps what is left to it and ends on SIGTERM or SIGINT. Linux, arm64.
// See pause-amd64.s for why it is as it is.

        .set    base, 0x400000
        .text
        .globl  _start
header:
        .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0         // 64 bits, little endian
        .quad   0
        .short  2, 183                                  // an executable, for arm64
        .long   1
        .quad   base + (_start - header)
        .quad   programs - header
        .quad   0
        .long   0
        .short  64, 56, 2, 64, 0, 0
programs:
        .long   1, 5                                    // load: readable, executable
        .quad   0, base, base, end - header, end - header, 0x10000      // pages may have 64 KB
        .long   0x6474e551, 6                           // stack: not executable
        .quad   0, 0, 0, 0, 0, 16

_start:
        mov     x8, #135                                // rt_sigprocmask(SIG_BLOCK, &signals, NULL, 8)
        mov     x0, #0
        adr     x1, signals
        mov     x2, #0
        mov     x3, #8
        svc     #0
reap:
        mov     x8, #260                                // wait4(-1, NULL, WNOHANG, NULL)
        mov     x0, #-1
        mov     x1, #0
        mov     x2, #1
        mov     x3, #0
        svc     #0
        cmp     x0, #0
        b.gt    reap
        mov     x8, #137                                // rt_sigtimedwait(&signals, NULL, NULL, 8)
        adr     x0, signals
        mov     x1, #0
        mov     x2, #0
        mov     x3, #8
        svc     #0
        cmp     x0, #15                                 // SIGTERM
        b.eq    quit
        cmp     x0, #2                                  // SIGINT
        b.ne    reap
quit:
        mov     x8, #94                                 // exit_group(0)
        mov     x0, #0
        svc     #0

        .balign 8
signals:
        .quad   (1 << 14) | (1 << 1) | (1 << 16)        // SIGTERM, SIGINT, SIGCHLD
end:
