using System.Text.Json.Serialization;
using Holdfast.Node.Software.Bundles;
using Holdfast.Node.Software.Packages;

namespace Holdfast.Node.Software;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(SoftwareBefore))]
[JsonSerializable(typeof(VersionListing))]
[JsonSerializable(typeof(BundleIndex))]
[JsonSerializable(typeof(PackagesBefore))]
internal sealed partial class SoftwareJson : JsonSerializerContext;
