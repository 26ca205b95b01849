using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Holdfast.Cri.Calls;

/// <summary>Calls the services of CRI v1 by their names in v1alpha2, whose messages are the same. Thread-safe.</summary>
internal sealed class V1Alpha2Names : Interceptor
{
    private const string Package = "runtime.v1.";
    private const string OldPackage = "runtime.v1alpha2.";

    // A channel remembers every method that it was given, so each has one renamed one.
    private readonly ConcurrentDictionary<IMethod, IMethod> renamed = new();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation
    ) => continuation(request, Rename(context));

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation
    ) => continuation(request, Rename(context));

    private ClientInterceptorContext<TRequest, TResponse> Rename<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context
    )
        where TRequest : class
        where TResponse : class
    {
        var method = renamed.GetOrAdd(
            context.Method,
            static (_, method) =>
                new Method<TRequest, TResponse>(
                    method.Type,
                    method.ServiceName.Replace(Package, OldPackage, StringComparison.Ordinal),
                    method.Name,
                    method.RequestMarshaller,
                    method.ResponseMarshaller
                ),
            context.Method
        );
        return new((Method<TRequest, TResponse>)method, context.Host, context.Options);
    }
}
