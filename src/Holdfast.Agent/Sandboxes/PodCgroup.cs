using Holdfast.Agent.Containers;
using Holdfast.Kube;

namespace Holdfast.Agent.Sandboxes;

/// <summary>The cgroup that holds all containers of a pod, named as the kubelet names it.</summary>
internal static class PodCgroup
{
    public static string Parent(Pod pod, CgroupDriver driver) =>
        Parent(pod.Metadata.Uid, QosClass.Of(pod.Spec), driver);

    public static string Parent(string podUid, string qosClass, CgroupDriver driver)
    {
        var qos = qosClass == QosClass.Guaranteed ? "" : qosClass.ToLowerInvariant();
        if (driver == CgroupDriver.Cgroupfs)
        {
            return qos.Length == 0 ? $"/kubepods/pod{podUid}" : $"/kubepods/{qos}/pod{podUid}";
        }

        // In a slice's name a dash is a level of the tree, so the dashes of the uid have to become something else.
        var pod = "pod" + podUid.Replace('-', '_');
        return qos.Length == 0 ? $"kubepods-{pod}.slice" : $"kubepods-{qos}-{pod}.slice";
    }
}
