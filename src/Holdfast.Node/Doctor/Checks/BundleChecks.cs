using Holdfast.Document;
using Holdfast.Node.Software.Bundles;

namespace Holdfast.Node.Doctor.Checks;

/// <summary>Whether what is to come from a bundle was in one.</summary>
internal static class BundleChecks
{
    public static IEnumerable<PreflightFinding> Source(MachineSurvey survey, EdgeNodeSpec spec) =>
        BundleInstalls
            .List(spec)
            .Where(place => place.Install is InstallSpec.Bundle)
            .Select(place =>
                PreflightFinding.Error(
                    FindingId.NoBundle,
                    $"{place.Place} is to come from a bundle, and no bundle with it was named",
                    "run: holdfast up --bundle FILE, with a file that holdfast bundle made from a document that has it"
                )
            );
}
