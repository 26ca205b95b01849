// Temporary, until every file names the new rooms.
namespace Holdfast.Node.Services
{
    public static class OldServices;
}

namespace Holdfast.Node.Apply
{
    public static class OldApply;
}

namespace Holdfast.Node.Resources
{
    public static class OldResources;
}
