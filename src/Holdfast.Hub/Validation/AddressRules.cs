using System.Net;
using Holdfast.Hub.Errors;

namespace Holdfast.Hub.Validation;

/// <summary>Rules for IP addresses, in the words of k8s.io/apimachinery/pkg/util/validation.</summary>
internal static class AddressRules
{
    public static void Check(string address, string place, List<FieldError> errors)
    {
        // IPAddress alone would also take "1" and "0x7f000001".
        var looksRight = address.Contains(':') || address.Count(c => c == '.') == 3;
        if (!looksRight || !IPAddress.TryParse(address, out _))
        {
            errors.Add(
                FieldError.Invalid(place, address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
            );
        }
    }
}
