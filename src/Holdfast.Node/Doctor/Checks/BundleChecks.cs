using Holdfast.Document;
using Holdfast.Node.Facts;
using Holdfast.Node.Software.Bundles;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Whether what shall come from a bundle was in one. Pure.</summary>
internal static class BundleChecks
{
    public static IEnumerable<PreflightFinding> Source(MachineFacts facts, EdgeNodeSpec spec) =>
        BundleInstalls
            .List(spec)
            .Where(place => place.Install is InstallSpec.Bundle)
            .Select(place =>
                PreflightFinding.Error(
                    FindingId.NoBundle,
                    $"{place.Place} shall come from a bundle, and no bundle with it was named",
                    "run: holdfast up --bundle FILE, with a file that holdfast bundle made from a document that has it"
                )
            );
}
