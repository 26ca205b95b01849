namespace Holdfast.Testing;

/// <summary>
/// Stand-ins of kubeadm, yurtadm, keadm, kubelet and edgecore: small shell scripts that write, refuse and remove what the
/// real ones do below a root directory, and note what they were told. Made to fail by <see cref="FailWith"/>.
/// </summary>
public sealed class ClusterPrograms
{
    private readonly string root;
    private readonly string told;
    private readonly string toldSeen;

    /// <param name="directory">Where the programs go, and their notes into its directory <c>told</c>.</param>
    /// <param name="root">Below which they find <c>/etc</c> and <c>/var</c>; empty for the machine itself.</param>
    public ClusterPrograms(string directory, string root)
        : this(directory, root, Path.Join(directory, "told"), Path.Join(directory, "told")) { }

    /// <param name="told">Where their notes go.</param>
    /// <param name="toldSeen">The same as the programs see it, who may have another root directory.</param>
    public ClusterPrograms(string directory, string root, string told, string toldSeen)
    {
        Directory = directory;
        this.root = root;
        this.told = told;
        this.toldSeen = toldSeen;
        System.IO.Directory.CreateDirectory(told);
    }

    public string Directory { get; }

    public string PathOf(string program) => Path.Join(Directory, program);

    /// <summary>Every command line of a program, arguments separated by blanks.</summary>
    public IReadOnlyList<string> CallsOf(string program)
    {
        var file = Path.Join(told, program);
        return File.Exists(file) ? File.ReadAllLines(file) : [];
    }

    /// <summary>A file that a program was told to read: its mode in octal, then its content.</summary>
    public string FileTold(string program) => File.ReadAllText(Path.Join(told, $"{program}.file"));

    /// <summary>The next joins of a program end with these words and exit code 1, in the middle of their work.</summary>
    public void FailWith(string program, string words) => File.WriteAllText(Path.Join(told, $"{program}.fail"), words);

    public void FailNoMore(string program) => File.Delete(Path.Join(told, $"{program}.fail"));

    /// <summary>A program that is there and ends at once with these words.</summary>
    public void Break(string program, string words) => Add(program, $"echo \"{program}: {words}\" >&2; exit 127");

    /// <param name="version">Without v.</param>
    public void AddKubeadm(string version = "1.18.9") =>
        Add(
            "kubeadm",
            $$"""
            case "$*" in
            "reset --help") echo "      --skip-phases strings"; exit 0 ;;
            esac
            case "$1" in
            version) echo v{{version}} ;;
            join|init)
              [ "$2" = --config ] || { echo "unknown flag: $2" >&2; exit 1; }
              { stat -c %a "$3"; cat "$3"; } > "$TOLD/kubeadm.file"
              complaints=
              for file in kubelet.conf bootstrap-kubelet.conf pki/ca.crt; do
                if [ -e "$ROOT/etc/kubernetes/$file" ]; then
                  complaints="$complaints\n\t[ERROR FileAvailable--etc-kubernetes-$(echo $file | tr / -)]: /etc/kubernetes/$file already exists"
                fi
              done
              if [ -n "$complaints" ]; then
                printf "error execution phase preflight: [preflight] Some fatal errors occurred:$complaints\n" >&2
                exit 1
              fi
              {{WriteKubelet}}
              if [ "$1" = init ]; then
                mkdir -p "$ROOT/etc/kubernetes/manifests" "$ROOT/var/lib/etcd/member"
                echo "kind: Config" > "$ROOT/etc/kubernetes/admin.conf"
                echo "kind: Pod" > "$ROOT/etc/kubernetes/manifests/kube-apiserver.yaml"
                echo data > "$ROOT/var/lib/etcd/member/db"
              fi
              ;;
            reset)
              rm -rf "$ROOT"/etc/kubernetes/manifests/* "$ROOT"/etc/kubernetes/pki "$ROOT"/etc/kubernetes/*.conf
              rm -rf "$ROOT"/var/lib/kubelet/*
              case "$*" in *--skip-phases=remove-etcd-member*) ;; *) rm -rf "$ROOT"/var/lib/etcd/* ;; esac
              {{EmptyCni}}
              ;;
            esac
            """
        );

    /// <summary>As yurtadm does it: static pods removed, files overwritten, programs replaced, the token in its log.</summary>
    public void AddYurtadm() =>
        Add(
            "yurtadm",
            $$"""
            case "$*" in
            "join --help") echo "  --token --node-type --node-labels --cri-socket --pause-image --reuse-cni-bin"; exit 0 ;;
            esac
            [ "$1" = join ] || exit 1
            for word in "$@"; do case "$word" in --token=*) echo "node join data info: token:${word#--token=}" >&2 ;; esac; done
            rm -rf "$ROOT/etc/kubernetes/manifests"
            mkdir -p "$ROOT/etc/sysctl.d" "$ROOT/etc/systemd/system" "$ROOT/usr/bin" "$ROOT/var/lib/yurthub"
            echo "net.bridge.bridge-nf-call-iptables = 1" > "$ROOT/etc/sysctl.d/k8s.conf"
            printf '[Service]\nExecStartPre=/sbin/swapoff -a\nExecStart=/usr/bin/kubelet\n' > "$ROOT/etc/systemd/system/kubelet.service"
            printf '[Service]\nExecStart=/usr/local/bin/yurthub\n' > "$ROOT/etc/systemd/system/yurthub.service"
            start yurthub
            [ -n "$ROOT" ] && echo "kubelet of yurtadm" > "$ROOT/usr/bin/kubelet"
            mkdir -p "$ROOT/etc/kubernetes/manifests"
            {{WriteKubelet}}
            """
        );

    /// <summary>Files of the kubelet as kubeadm writes them, and a place where it can be made to fail.</summary>
    private const string WriteKubelet = """
        mkdir -p "$ROOT/etc/kubernetes/pki" "$ROOT/var/lib/kubelet/pki"
        echo "kind: Config" > "$ROOT/etc/kubernetes/bootstrap-kubelet.conf"
        echo ca > "$ROOT/etc/kubernetes/pki/ca.crt"
        if [ -e "$TOLD/$NAME.fail" ]; then cat "$TOLD/$NAME.fail" >&2; exit 1; fi
        printf 'apiVersion: kubelet.config.k8s.io/v1beta1\n# of the cluster\ncgroupDriver: systemd\nkind: KubeletConfiguration\n' > "$ROOT/var/lib/kubelet/config.yaml"
        printf 'KUBELET_KUBEADM_ARGS="--network-plugin=cni --pod-infra-container-image=k8s.gcr.io/pause:3.2"\n' > "$ROOT/var/lib/kubelet/kubeadm-flags.env"
        rm -f "$ROOT/etc/kubernetes/bootstrap-kubelet.conf"
        echo "server: https://somewhere:6443" > "$ROOT/etc/kubernetes/kubelet.conf"
        start kubelet
        """;

    /// <summary>What resets do to others: kubeadm's up to 1.17 to both, all later ones and keadm's to the second.</summary>
    private const string EmptyCni = """rm -rf "$ROOT"/etc/cni/net.d/* "$ROOT"/var/lib/cni/*""";

    /// <param name="version">Without v. It decides the style of the file that it writes.</param>
    public void AddKeadm(string version)
    {
        // The real one starts services with sudo.
        var sudo = root.Length == 0 ? PathOf("sudo") : $"{root}/usr/bin/sudo";
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(sudo)!);
        File.WriteAllText(sudo, "#!/bin/sh\nexec \"$@\"\n");
        var style = version.CompareTo("1.12", StringComparison.Ordinal) < 0 && version.Length < 6 ? "1" : "2";
        Add(
            "keadm",
            $$"""
            case "$*" in
            version) echo 'version: version.Info{Major:"1", Minor:"{{version.Split('.')[
                1
            ]}}", GitVersion:"v{{version}}"}'; exit 0 ;;
            "join --help") echo "  --cloudcore-ipport --edgenode-name --token --remote-runtime-endpoint --cgroupdriver --labels"; exit 0 ;;
            "reset --help") echo "  keadm reset edge"; exit 0 ;;
            esac
            case "$1" in
            join)
              if [ -n "$(ls -A "$ROOT/etc/kubeedge" 2>/dev/null)" ]; then
                echo "Error: the management directory /etc/kubeedge/ is not clean, please remove it first" >&2
                exit 1
              fi
              mkdir -p "$ROOT/etc/kubeedge/config" "$ROOT/var/lib/kubeedge" "$ROOT/etc/systemd/system" "$ROOT/usr/local/bin"
              if [ -e "$TOLD/$NAME.fail" ]; then cat "$TOLD/$NAME.fail" >&2; exit 1; fi
              token=
              for word in "$@"; do case "$word" in --token=*) token=${word#--token=} ;; esac; done
              if [ {{style}} = 1 ]; then
                printf 'apiVersion: edgecore.config.kubeedge.io/v1alpha1\nkind: EdgeCore\nmodules:\n  edgeHub:\n    token: %s\n  edged:\n    cgroupDriver: cgroupfs\n    remoteRuntimeEndpoint: unix:///var/run/dockershim.sock\n    runtimeRequestTimeout: 2\n    runtimeType: docker\n' "$token"
              else
                printf 'apiVersion: edgecore.config.kubeedge.io/v1alpha2\nkind: EdgeCore\nmodules:\n  edgeHub:\n    token: %s\n  edged:\n    podSandboxImage: kubeedge/pause:3.6\n    tailoredKubeletConfig:\n      cgroupDriver: cgroupfs\n      containerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n' "$token"
              fi > "$ROOT/etc/kubeedge/config/edgecore.yaml"
              printf '[Service]\nExecStart=/usr/local/bin/edgecore\n[Install]\nWantedBy=multi-user.target\n' > "$ROOT/etc/systemd/system/edgecore.service"
              chmod 777 "$ROOT/etc/systemd/system/edgecore.service"
              [ -n "$ROOT" ] && echo "edgecore of keadm" > "$ROOT/usr/local/bin/edgecore"
              start edgecore
              ;;
            reset)
              rm -rf "$ROOT/etc/kubeedge" "$ROOT/var/lib/kubeedge" "$ROOT/etc/systemd/system/edgecore.service"
              {{EmptyCni}}
              ;;
            esac
            """
        );
    }

    /// <summary>
    /// kubelet or edgecore, which runs until it is stopped. The kubelet says its version when asked; edgecore 1.23 has the
    /// flag, ignores it and starts.
    /// </summary>
    public void AddAgent(string name, string version) =>
        Add(
            name,
            $$"""
            if [ "{{name}} $1" = "kubelet --version" ]; then echo "Kubernetes v{{version}}"; exit 0; fi
            exec sleep 1000000
            """
        );

    /// <summary>
    /// Enables and starts a service. Below a root directory of its own there are none: the file <c>started</c> among the notes
    /// says which it would have been.
    /// </summary>
    private const string Start = """
        start() {
          if [ -z "$ROOT" ]; then systemctl daemon-reload; systemctl enable "$1"; systemctl start "$1"
          else echo "$1" >> "$TOLD/started"; fi
        }
        """;

    private void Add(string name, string script)
    {
        File.WriteAllText(
            PathOf(name),
            $"#!/bin/sh\nNAME={name}\nROOT='{root}'\nTOLD='{toldSeen}'\n"
                + $"{Start}\necho \"$*\" >> \"$TOLD/{name}\"\n{script}\nexit 0\n"
        );
        File.SetUnixFileMode(
            PathOf(name),
            UnixFileMode.UserRead
                | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead
                | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead
                | UnixFileMode.OtherExecute
        );
    }
}
